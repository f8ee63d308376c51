// SPDX-License-Identifier: MIT
#include "gmock/gmock.h"
#include "gtest/gtest.h"

#include "bittensor/chain/rpc/http.h"
#include "bittensor/chain/rpc/web_socket.h"

namespace bittensor {
namespace {

using ::testing::ElementsAre;
using ::testing::Pair;
using Messages = std::vector<std::pair<WebSocketKind, std::string>>;

// In pieces of every size: bytes come as they come.
HttpAnswer http_answer(const std::string& text, std::size_t piece, absl::Status& status) {
  HttpAnswer answer(100);
  status = absl::OkStatus();
  for (std::size_t at = 0; at < text.size() && status.ok(); at += piece) {
    status = answer.add(absl::string_view(text).substr(at, piece));
  }
  return answer;
}

TEST(HttpAnswer, IsReadByLengthInChunksAndToTheEnd) {
  for (const char* text : {"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello",
                           "HTTP/1.1 200 OK\r\nTRANSFER-encoding: chunked\r\n\r\n"
                           "3\r\nhel\r\n2;x=y\r\nlo\r\n0\r\n\r\n"}) {
    for (std::size_t piece = 1; piece < 100; ++piece) {
      absl::Status status;
      const HttpAnswer answer = http_answer(text, piece, status);
      EXPECT_TRUE(status.ok() && answer.done()) << status << text << piece;
      EXPECT_EQ(answer.body(), "hello") << text << piece;
    }
  }
  absl::Status status;
  HttpAnswer answer = http_answer("HTTP/1.0 404 Not Found\r\n\r\nhello", 4, status);
  EXPECT_FALSE(answer.done());
  EXPECT_TRUE(answer.end().ok());
  EXPECT_EQ(answer.status(), 404);
  EXPECT_EQ(answer.body(), "hello");
}

TEST(HttpAnswer, RefusesWhatIsNoneOrTooLong) {
  for (const char* text :
       {"SSH-2.0-OpenSSH\r\n\r\n", "HTTP/1.1 2x0 OK\r\n\r\n", "HTTP/1.1 200 OK\r\n: x\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 101\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nx\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nffffffffff\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n65\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nabc"}) {
    absl::Status status;
    http_answer(text, 1000, status);
    EXPECT_FALSE(status.ok()) << text;
  }
  HttpAnswer endless(100);
  EXPECT_EQ(endless.add(std::string(70 << 10, 'x')).code(), absl::StatusCode::kResourceExhausted);
  HttpAnswer cut(100);
  EXPECT_TRUE(cut.add("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhel").ok());
  EXPECT_FALSE(cut.end().ok());
}

Messages messages_in(const std::string& bytes, std::size_t piece, absl::Status& status) {
  WebSocketReader reader(1000);
  Messages messages;
  status = absl::OkStatus();
  for (std::size_t at = 0; at < bytes.size() && status.ok(); at += piece) {
    status = reader.add(absl::string_view(bytes).substr(at, piece),
                        [&](WebSocketKind kind, absl::string_view text) {
                          messages.emplace_back(kind, std::string(text));
                        });
  }
  return messages;
}

TEST(WebSocket, MessagesComeWholeThoughFramesDoNot) {
  const std::string long_text(300, 'a');
  const std::string bytes = std::string("\x01\x03hel\x89\x01p\x80\x02lo", 12) +
                            std::string("\x82\x7e\x01\x2c", 4) + long_text;
  for (std::size_t piece = 1; piece < bytes.size(); ++piece) {
    absl::Status status;
    EXPECT_THAT(messages_in(bytes, piece, status),
                ElementsAre(Pair(WebSocketKind::kPing, "p"), Pair(WebSocketKind::kText, "hello"),
                            Pair(WebSocketKind::kBinary, long_text)))
        << piece;
    EXPECT_TRUE(status.ok()) << status;
  }
}

TEST(WebSocket, RefusesWhatNoServerSends) {
  for (const std::string& bytes :
       {std::string("\xc1\x01x"), std::string("\x81\x81mask"), std::string("\x80\x01x"),
        std::string("\x09\x01x"), std::string("\x89\x7e\xff\xff"), std::string("\x83\x01x"),
        std::string("\x8b\x01x"), std::string("\x01\x01x\x01\x01x"),
        std::string("\x81\x7f\xff\xff\xff\xff\xff\xff\xff\xff"), std::string("\x81\x7e\xff\xff")}) {
    absl::Status status;
    messages_in(bytes, 100, status);
    EXPECT_FALSE(status.ok()) << bytes;
  }
}

// RFC 6455, sections 1.3 and 5.7.
TEST(WebSocket, AsTheStandardHasIt) {
  EXPECT_EQ(web_socket_accept("dGhlIHNhbXBsZSBub25jZQ=="), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
  const std::string frame = web_socket_frame(WebSocketKind::kText, "Hello");
  ASSERT_EQ(frame.size(), 11u);
  EXPECT_EQ(frame.substr(0, 2), "\x81\x85");
  for (std::size_t i = 0; i < 5; ++i) EXPECT_EQ(frame[6 + i] ^ frame[2 + i % 4], "Hello"[i]);
  EXPECT_EQ(web_socket_frame(WebSocketKind::kText, std::string(70'000, 'x')).size(), 70'014u);
}

}  // namespace
}  // namespace bittensor
