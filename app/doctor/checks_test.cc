// SPDX-License-Identifier: MIT
#include "app/doctor/checks.h"

#include <cerrno>

#include "gmock/gmock.h"

namespace bittensor {
namespace {

using ::testing::HasSubstr;
using State = Finding::State;

// Each thing that is wrong is said to be, with what to do.
void expect_wrong(const Finding& finding, const std::string& what, const std::string& mend) {
  EXPECT_EQ(finding.state, State::kWrong);
  EXPECT_THAT(finding.what, HasSubstr(what));
  EXPECT_THAT(finding.mend, HasSubstr(mend));
}

TEST(Doctor, FindsASlowBlas) {
  expect_wrong(check_blas({"/usr/lib/libblas.so.3"}, 3), "3 GFLOP/s", "libopenblas0-openmp");
  EXPECT_EQ(check_blas({"/usr/lib/libopenblas.so.0"}, 3).state, State::kGood);  // a busy machine
  EXPECT_EQ(check_blas({"/usr/lib/libother.so"}, 80).state, State::kGood);
}

TEST(Doctor, FindsMoreThreadsThanCores) {
  expect_wrong(check_threads({8, 2, 0, {}}), "8 threads on 2 of 8 cores", "--threads 2");
  expect_wrong(check_threads({8, 8, 9, {}}), "9 threads", "--threads 8");
  expect_wrong(check_threads({2, 2, 0, {"/a/libgomp.so.1", "/b/libiomp5.so"}}), "libiomp5",
               "LD_PRELOAD");
  EXPECT_EQ(check_threads({8, 8, 4, {"/a/libgomp.so.1"}}).state, State::kGood);
}

TEST(Doctor, FindsALibraryOfAnotherVersion) {
  expect_wrong(check_versions({{"libtorch", "1.13", "1.13"}, {"gRPC", "1.51.1", "1.60.0"}}),
               "gRPC is 1.60.0, built with 1.51.1", "build again");
  EXPECT_EQ(check_versions({{"gRPC", "1.51.1", "1.51.2"}}).state, State::kGood);
}

TEST(Doctor, FindsAPortThatCannotBeHad) {
  expect_wrong(check_port("axon_port", "[::]:8091", EADDRINUSE), "[::]:8091", "sport = :8091");
  expect_wrong(check_port("axon_port", "0.0.0.0:80", EACCES), "80", "above 1023");
  expect_wrong(check_port("axon_port", "192.0.2.1:8091", EADDRNOTAVAIL), "192.0.2.1",
               "--listen_ip");
  EXPECT_EQ(check_port("axon_port", "0.0.0.0:8091", 0).state, State::kGood);
}

TEST(Doctor, FindsAWrongClock) {
  expect_wrong(check_clock(3600.0, "t"), "3600.0 s ahead of t; peers refuse", "timedatectl");
  expect_wrong(check_clock(-31.0, "t"), "31.0 s behind t", "timedatectl");
  EXPECT_EQ(check_clock(0.5, "t").state, State::kGood);
  EXPECT_EQ(check_clock(std::nullopt, "t").state, State::kUnknown);
}

TEST(Doctor, FindsAFullDiskAndOneThatCannotBeWritten) {
  expect_wrong(check_disk("data", {"/d", true, 500'000'000}), "0.5 GB free in /d", "make room");
  expect_wrong(check_disk("data", {"/d", false, 1'000'000'000'000}), "/d", "chown");
  EXPECT_EQ(check_disk("data", {"/d", true, 2'000'000'000}).state, State::kGood);
}

TEST(Doctor, FindsTooFewFiles) {
  expect_wrong(check_files(256), "256", "ulimit");
  EXPECT_EQ(check_files(65'536).state, State::kGood);
}

TEST(Doctor, FindsAKeyFileThatCannotBeUsed) {
  expect_wrong(check_key("a.key", absl::PermissionDeniedError("a.key: others may read it")),
               "others may read it", "chmod 600 a.key");
  EXPECT_EQ(check_key("a.key", absl::NotFoundError("")).state, State::kGood);
  EXPECT_EQ(check_key("a.key", absl::OkStatus()).state, State::kGood);
}

TEST(Doctor, FindsThatDataCannotBeFetched) {
  expect_wrong(check_data({{"mnist"}, {"cifar10"}, false, "/c"}), "cifar10", "npm");
  EXPECT_EQ(check_data({{"mnist"}, {"cifar10"}, true, "/c"}).state, State::kGood);
  EXPECT_EQ(check_data({{"mnist"}, {}, false, "/c"}).state, State::kGood);
}

TEST(Doctor, FindsThatNobodyAnswersOrCallsBack) {
  NetworkFacts facts{{"a:1"}, absl::OkStatus(), 0, 0, "b:2", 10};
  expect_wrong(check_peers(facts), "nobody answers at a:1 within 10 s", "--bootstrap");
  EXPECT_EQ(check_reachable(facts).state, State::kUnknown);
  facts.known = 3;
  EXPECT_EQ(check_peers(facts).state, State::kGood);
  expect_wrong(check_reachable(facts), "no peer called back at b:2", "--remote_ip");
  facts.calls = 1;
  EXPECT_EQ(check_reachable(facts).state, State::kGood);
  facts.bootstrap.clear();
  EXPECT_EQ(check_peers(facts).state, State::kUnknown);
  EXPECT_EQ(check_reachable(facts).state, State::kUnknown);
}

TEST(Doctor, SaysWhatToDoBelowWhatIsWrong) {
  const std::vector<Finding> findings = {{"a", State::kGood, "fine", ""},
                                         {"b", State::kWrong, "bad", "do this"}};
  EXPECT_THAT(to_text(findings), HasSubstr("good     a "));
  EXPECT_THAT(to_text(findings), HasSubstr("WRONG    b "));
  EXPECT_THAT(to_text(findings), HasSubstr("-> do this\n"));
  EXPECT_THAT(to_json(findings), HasSubstr("\"state\": \"wrong\""));
}

}  // namespace
}  // namespace bittensor
