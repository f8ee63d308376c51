// SPDX-License-Identifier: MIT
#include "bittensor/dashboard/dashboard.h"

#include <algorithm>
#include <array>
#include <exception>
#include <optional>
#include <set>
#include <thread>
#include <utility>

#include "absl/strings/str_cat.h"
#include "boost/asio/io_context.hpp"
#include "boost/asio/ip/host_name.hpp"
#include "boost/asio/ip/tcp.hpp"
#include "boost/asio/post.hpp"
#include "boost/asio/steady_timer.hpp"
#include "boost/asio/write.hpp"
#include "boost/beast/core/flat_buffer.hpp"
#include "boost/beast/core/tcp_stream.hpp"
#include "boost/beast/http.hpp"
#include "spdlog/spdlog.h"
#include <fcntl.h>

#include "bittensor/base/mutex.h"
#include "bittensor/base/status_macros.h"
#include "bittensor/dashboard/access.h"
#include "bittensor/dashboard/page.h"

namespace bittensor {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using asio::ip::tcp;
using Clock = std::chrono::steady_clock;
using Request = http::request<http::empty_body>;
using Bytes = std::shared_ptr<const std::string>;

constexpr std::size_t kMaxHeaderBytes = 8192;
constexpr auto kLastWords = std::chrono::seconds(1);
constexpr int kCostShare = 50;  // making states takes 1/50 of the time, at most

// What the page may do: run what it holds, and talk to its own server. The page itself names, by
// their hashes, the only scripts.
constexpr char kPolicy[] =
    "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; connect-src "
    "'self'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

// No program that this one starts should keep the port.
void close_on_exec(int file) {
  fcntl(file, F_SETFD, FD_CLOEXEC);
}

// The states, made when they are asked for. Used by the dashboard's thread only.
class States {
 public:
  States(Dashboard::State make, std::chrono::milliseconds interval)
      : make_(std::move(make)), interval_(interval) {}

  // The last one if it is young; null if it could not be made.
  Bytes get() {
    const auto now = Clock::now();
    if (now < next_) return last_;
    try {
      last_ = std::make_shared<const std::string>(make_());
    } catch (const std::exception& error) {
      spdlog::warn("dashboard: no state: {}", error.what());
      last_ = nullptr;
    }
    const auto end = Clock::now();
    // A little sooner than the next tick, which comes when it comes.
    next_ = end + std::max<Clock::duration>(interval_ * 3 / 4, (end - now) * kCostShare);
    return last_;
  }

 private:
  const Dashboard::State make_;
  const std::chrono::milliseconds interval_;
  Clock::time_point next_;
  Bytes last_;
};

// What all connections share.
struct Site {
  const Dashboard::Options options;
  const std::string machine;
  States states;
};

// One browser. It lives as long as an operation of it is under way.
class Connection : public std::enable_shared_from_this<Connection> {
 public:
  Connection(tcp::socket socket, Site& site, std::set<Connection*>& connections)
      : stream_(std::move(socket)), site_(site), connections_(connections) {
    connections_.insert(this);
  }
  ~Connection() { connections_.erase(this); }

  void read() {
    parser_.emplace();
    parser_->header_limit(kMaxHeaderBytes);
    stream_.expires_after(site_.options.request_timeout);
    http::async_read(stream_, buffer_, *parser_,
                     [self = shared_from_this()](const beast::error_code& error, std::size_t) {
                       self->take(error);
                     });
  }

  // Sends a state if this browser follows them and has read the last one.
  void tell(const Bytes& state) {
    if (!follows_ || writing_ || state == nullptr || state == told_) return;
    told_ = state;
    write_event(state);
  }

  bool follows() const { return follows_; }
  void close() { stream_.close(); }

 private:
  void take(const beast::error_code& error) {
    if (error == http::error::end_of_stream || error == beast::error::timeout) return close();
    if (error.category() == http::make_error_code(http::error::bad_target).category()) {
      const bool large =
          error == http::error::header_limit || error == http::error::buffer_overflow;
      const bool body = error == http::error::unexpected_body || error == http::error::body_limit;
      keep_alive_ = false;
      return refuse(large  ? http::status::request_header_fields_too_large
                    : body ? http::status::payload_too_large
                           : http::status::bad_request,
                    "this is no request that the dashboard can read\n");
    }
    if (error) return close();
    const Request request = parser_->release();
    keep_alive_ = request.keep_alive();
    head_ = request.method() == http::verb::head;
    answer(request);
  }

  void answer(const Request& request) {
    const std::string target(request.target());
    const std::string path = target.substr(0, target.find('?'));
    const std::string host(request[http::field::host]);
    if (request.method() != http::verb::get && !head_) {
      return refuse(http::status::method_not_allowed, "only GET and HEAD\n");
    }
    if (!is_own_host(host, site_.machine)) {
      return refuse(http::status::forbidden,
                    "open the dashboard by an IP address, localhost or this machine's name\n");
    }
    if (!is_own_origin(std::string(request[http::field::origin]), host)) {
      return refuse(http::status::forbidden, "another site's page may not read the dashboard\n");
    }
    if (path == "/") {
      const absl::string_view page = internal::dashboard_page();
      return reply(http::status::ok, "text/html; charset=utf-8", std::string(page));
    }
    if (path != "/api/state" && path != "/api/events") {
      return refuse(http::status::not_found, "there are /, /api/state and /api/events\n");
    }
    if (!has_token(site_.options.token, std::string(request[http::field::authorization]), target)) {
      return refuse(http::status::unauthorized, "the token is missing or wrong\n");
    }
    const Bytes state = site_.states.get();
    if (state == nullptr) return refuse(http::status::internal_server_error, "no state\n");
    if (path == "/api/state") return reply(http::status::ok, "application/json", *state);
    if (head_) return reply(http::status::ok, "text/event-stream", "");
    follow(state);
  }

  void refuse(http::status status, const std::string& why) {
    reply(status, "text/plain; charset=utf-8", why);
  }

  void reply(http::status status, const char* type, std::string body) {
    response_.emplace(status, 11);
    response_->set(http::field::content_type, type);
    response_->set(http::field::cache_control, "no-store");
    response_->set("Content-Security-Policy", kPolicy);
    response_->set("X-Content-Type-Options", "nosniff");
    response_->set("Referrer-Policy", "no-referrer");
    response_->set("Cross-Origin-Resource-Policy", "same-origin");
    if (status == http::status::method_not_allowed) response_->set(http::field::allow, "GET, HEAD");
    if (status == http::status::unauthorized) {
      response_->set(http::field::www_authenticate, "Bearer");
    }
    response_->body() = std::move(body);
    response_->keep_alive(keep_alive_);
    response_->prepare_payload();
    if (head_) response_->body().clear();
    stream_.expires_after(site_.options.write_timeout);
    http::async_write(stream_, *response_,
                      [self = shared_from_this()](const beast::error_code& error, std::size_t) {
                        if (error || !self->keep_alive_) return self->finish();
                        self->read();
                      });
  }

  // Says that nothing more comes, and reads away what the browser still sends: closed with unread
  // bytes, the connection would take the answer with it.
  void finish() {
    beast::error_code ignored;
    stream_.socket().shutdown(tcp::socket::shutdown_send, ignored);
    stream_.expires_after(kLastWords);
    drain();
  }

  void drain() {
    stream_.async_read_some(
        asio::buffer(drained_),
        [self = shared_from_this()](const beast::error_code& error, std::size_t) {
          if (error) return self->close();
          self->drain();
        });
  }

  // From here on the browser is told each state, and says nothing: what it sends ends it.
  void follow(const Bytes& state) {
    follows_ = true;
    stream_.expires_never();
    stream_.async_read_some(
        asio::buffer(drained_),
        [self = shared_from_this()](const beast::error_code&, std::size_t) { self->close(); });
    told_ = state;
    write_event(state, absl::StrCat("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n"
                                    "Cache-Control: no-store\r\nX-Content-Type-Options: nosniff\r\n"
                                    "Cross-Origin-Resource-Policy: same-origin\r\n"
                                    "Connection: close\r\n\r\nretry: 2000\n\n"));
  }

  void write_event(const Bytes& state, std::string before = "") {
    writing_ = true;
    before_ = std::move(before) + "data: ";
    const std::array<asio::const_buffer, 3> pieces = {asio::buffer(before_), asio::buffer(*state),
                                                      asio::buffer("\n\n", 2)};
    stream_.expires_after(site_.options.write_timeout);
    asio::async_write(
        stream_, pieces,
        [self = shared_from_this(), state](const beast::error_code& error, std::size_t) {
          self->writing_ = false;
          if (error) self->close();
        });
  }

  beast::tcp_stream stream_;
  Site& site_;
  std::set<Connection*>& connections_;
  beast::flat_buffer buffer_{kMaxHeaderBytes};
  std::optional<http::request_parser<http::empty_body>> parser_;
  std::optional<http::response<http::string_body>> response_;
  bool keep_alive_ = false;
  bool head_ = false;
  bool follows_ = false;
  bool writing_ = false;
  Bytes told_;
  std::string before_;
  std::array<char, 1024> drained_;
};

std::string machine_name() {
  beast::error_code error;
  const std::string name = asio::ip::host_name(error);
  return error ? "" : name;
}

}  // namespace

class Dashboard::Impl {
 public:
  Impl(Options options, State state)
      : site_{options, machine_name(), States(std::move(state), options.interval)} {}

  ~Impl() { stop(); }

  absl::Status start() {
    beast::error_code error;
    const auto ip = asio::ip::make_address(site_.options.listen_ip, error);
    if (error) {
      return absl::InvalidArgumentError(
          absl::StrCat("the dashboard's address is no IP address: ", site_.options.listen_ip));
    }
    const tcp::endpoint endpoint(ip, static_cast<unsigned short>(site_.options.port));
    acceptor_.open(endpoint.protocol(), error);
    if (!error) close_on_exec(acceptor_.native_handle());
    if (!error) acceptor_.set_option(tcp::acceptor::reuse_address(true), error);
    if (!error) acceptor_.bind(endpoint, error);
    if (!error) acceptor_.listen(tcp::socket::max_listen_connections, error);
    if (!error) endpoint_ = acceptor_.local_endpoint(error);
    if (error) {
      return absl::UnavailableError(absl::StrCat("cannot serve the dashboard at ",
                                                 site_.options.listen_ip, " port ",
                                                 site_.options.port, ": ", error.message()));
    }
    accept();
    tick();
    thread_ = std::thread([this] { run(); });
    return absl::OkStatus();
  }

  void stop() {
    const MutexLock lock(stopping_);
    if (!thread_.joinable()) return;
    asio::post(context_, [this] {
      beast::error_code ignored;
      acceptor_.close(ignored);
      timer_.cancel();
      for (Connection* connection : connections_) connection->close();
    });
    thread_.join();
  }

  int port() const { return endpoint_.port(); }

  std::string url() const {
    const auto ip = endpoint_.address();
    const std::string host = ip.is_unspecified() ? site_.machine
                             : ip.is_v6()        ? absl::StrCat("[", ip.to_string(), "]")
                                                 : ip.to_string();
    return absl::StrCat("http://", host, ":", port(), "/",
                        site_.options.token.empty() ? "" : "?token=", site_.options.token);
  }

 private:
  void run() {
    while (true) {
      try {
        context_.run();
        return;
      } catch (const std::exception& error) {  // out of memory
        spdlog::warn("dashboard: {}", error.what());
      }
    }
  }

  void accept() {
    acceptor_.async_accept([this](const beast::error_code& error, tcp::socket socket) {
      if (!acceptor_.is_open()) return;
      if (error) return rest();
      take(std::move(socket));
      accept();
    });
  }

  // Out of file descriptors: the next try comes with the next tick.
  void rest() { resting_ = true; }

  void take(tcp::socket socket) {
    close_on_exec(socket.native_handle());
    beast::error_code ignored;
    if (connections_.size() >= site_.options.max_connections) {
      constexpr char kBusy[] =
          "HTTP/1.1 503 Service Unavailable\r\nRetry-After: 5\r\nContent-Length: 0\r\n"
          "Connection: close\r\n\r\n";
      socket.non_blocking(true, ignored);
      socket.write_some(asio::buffer(kBusy, sizeof(kBusy) - 1), ignored);
      return;
    }
    socket.set_option(tcp::no_delay(true), ignored);
    std::make_shared<Connection>(std::move(socket), site_, connections_)->read();
  }

  void tick() {
    timer_.expires_after(site_.options.interval);
    timer_.async_wait([this](const beast::error_code& error) {
      if (error || !acceptor_.is_open()) return;
      if (std::exchange(resting_, false)) accept();
      if (any_follows()) {
        const Bytes state = site_.states.get();
        for (Connection* connection : connections_) connection->tell(state);
      }
      tick();
    });
  }

  bool any_follows() const {
    return std::any_of(connections_.begin(), connections_.end(),
                       [](const Connection* connection) { return connection->follows(); });
  }

  Site site_;
  std::set<Connection*> connections_;  // before the context, whose end destroys them
  asio::io_context context_{1};
  tcp::acceptor acceptor_{context_};
  asio::steady_timer timer_{context_};
  tcp::endpoint endpoint_;
  bool resting_ = false;
  Mutex stopping_;
  std::thread thread_;
};

Dashboard::Dashboard(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Dashboard::~Dashboard() = default;

absl::StatusOr<std::unique_ptr<Dashboard>> Dashboard::start(Options options, State state) {
  BITTENSOR_RETURN_IF_ERROR(check_token(options.token, options.listen_ip));
  auto impl = std::make_unique<Impl>(std::move(options), std::move(state));
  BITTENSOR_RETURN_IF_ERROR(impl->start());
  return std::unique_ptr<Dashboard>(new Dashboard(std::move(impl)));
}

void Dashboard::stop() {
  impl_->stop();
}
int Dashboard::port() const {
  return impl_->port();
}
std::string Dashboard::url() const {
  return impl_->url();
}

}  // namespace bittensor
