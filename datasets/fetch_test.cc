// SPDX-License-Identifier: MIT
#include "datasets/fetch.h"

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <thread>

#include "datasets/program.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace bittensor {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

constexpr char kHashOfHello[] = "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824";

void write(const fs::path& path, const std::string& text) {
  fs::create_directories(path.parent_path());
  std::ofstream(path, std::ios::binary) << text;
}

std::string text_of(const fs::path& path) {
  std::stringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

// A folder with a cache, and a program `npm` that hands out an archive made here.
class FetchPackage : public ::testing::Test {
 protected:
  void SetUp() override {
    root_ = fs::path(::testing::TempDir()) /
            (std::string("fetch_") + testing::UnitTest::GetInstance()->current_test_info()->name());
    fs::remove_all(root_);
    serve("hello");
    options_.npm = (root_ / "npm").string();
    options_.timeout = std::chrono::seconds(30);
  }
  void TearDown() override { fs::remove_all(root_); }

  // From now on the package's file data/words is `text`.
  void serve(const std::string& text) {
    write(root_ / "package/data/words", text);
    write(root_ / "package/package.json", "{}");
    const auto packed = run_program({"tar", "-czf", "served.tgz", "package"}, root_.string(),
                                    std::chrono::seconds(30));
    ASSERT_TRUE(packed.ok()) << packed;
    npm_does("cp '" + (root_ / "served.tgz").string() + "' scope-words-1.0.0.tgz");
  }

  void npm_does(const std::string& command) {
    write(root_ / "npm",
          "#!/bin/sh\necho \"$@\" >> '" + (root_ / "calls").string() + "'\n" + command + "\n");
    fs::permissions(root_ / "npm", fs::perms::owner_all);
  }

  absl::StatusOr<std::string> fetch() {
    return fetch_package(package_, (root_ / "cache").string(), options_);
  }

  // What lies in the cache, but for the package's own folder.
  int leftovers() const {
    int count = 0;
    for (const auto& entry : fs::directory_iterator(root_ / "cache")) {
      count += entry.path().filename() != "scope-words-1.0.0";
    }
    return count;
  }

  fs::path root_;
  FetchOptions options_;
  Package package_{"@scope/words", "1.0.0", {{"package/data/words", "words", 5, kHashOfHello}}};
};

TEST_F(FetchPackage, BringsTheWantedFilesAndNothingElse) {
  const auto folder = fetch();
  ASSERT_TRUE(folder.ok()) << folder.status();
  EXPECT_EQ(text_of(fs::path(*folder) / "words"), "hello");
  EXPECT_FALSE(fs::exists(fs::path(*folder) / "package.json"));
  EXPECT_EQ(text_of(root_ / "calls"), "pack @scope/words@1.0.0\n");
  EXPECT_EQ(leftovers(), 0);
}

TEST_F(FetchPackage, DoesNotDownloadWhatIsThere) {
  ASSERT_TRUE(fetch().ok());
  npm_does("exit 1");
  fs::remove(root_ / "calls");
  EXPECT_TRUE(fetch().ok());
  EXPECT_FALSE(fs::exists(root_ / "calls"));
}

TEST_F(FetchPackage, ReplacesADamagedFolder) {
  const auto folder = fetch();
  ASSERT_TRUE(folder.ok()) << folder.status();
  write(fs::path(*folder) / "words", "hell");
  ASSERT_TRUE(fetch().ok());
  EXPECT_EQ(text_of(fs::path(*folder) / "words"), "hello");
  EXPECT_EQ(leftovers(), 0);
}

TEST_F(FetchPackage, WhatLiesInTheCacheCanBeVerified) {
  const std::string cache = root_ / "cache";
  const CachedSet set = cached_set(package_);
  EXPECT_EQ(set.size(), 5u);
  EXPECT_FALSE(is_cached(set, cache));
  EXPECT_EQ(verify_cached(set, cache).code(), absl::StatusCode::kNotFound);
  const auto folder = fetch();
  ASSERT_TRUE(folder.ok()) << folder.status();
  EXPECT_TRUE(is_cached(set, cache));
  EXPECT_TRUE(verify_cached(set, cache).ok());
  write(fs::path(*folder) / "words", "hallo");  // as long as it was
  EXPECT_TRUE(is_cached(set, cache));
  const absl::Status damaged = verify_cached(set, cache);
  EXPECT_EQ(damaged.code(), absl::StatusCode::kDataLoss);
  EXPECT_THAT(std::string(damaged.message()), HasSubstr("words: SHA-256 is d3751d33"));
}

TEST_F(FetchPackage, RefusesAFileWithAnotherHash) {
  serve("hallo");
  const auto status = fetch().status();
  EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss);
  EXPECT_THAT(std::string(status.message()), HasSubstr("package/data/words: SHA-256 is d3751d33"));
  EXPECT_TRUE(fs::is_empty(root_ / "cache"));
}

TEST_F(FetchPackage, RefusesALinkInTheArchive) {
  fs::remove(root_ / "package/data/words");
  fs::create_symlink("/etc/hostname", root_ / "package/data/words");
  ASSERT_TRUE(run_program({"tar", "-czf", "served.tgz", "package"}, root_.string(),
                          std::chrono::seconds(30))
                  .ok());
  EXPECT_EQ(fetch().status().code(), absl::StatusCode::kDataLoss);
}

TEST_F(FetchPackage, TellsWhyTheClientFailed) {
  npm_does("echo 'npm ERR! network getaddrinfo ENOTFOUND' >&2; exit 1");
  const auto status = fetch().status();
  EXPECT_EQ(status.code(), absl::StatusCode::kInternal);
  EXPECT_THAT(std::string(status.message()), HasSubstr("getaddrinfo ENOTFOUND"));
  EXPECT_TRUE(fs::is_empty(root_ / "cache"));
}

TEST_F(FetchPackage, MissingClientIsNotFound) {
  options_.npm = "no-such-npm";
  EXPECT_EQ(fetch().status().code(), absl::StatusCode::kNotFound);
}

TEST_F(FetchPackage, ManyAtOnceAllEndWithTheFiles) {
  std::vector<std::thread> threads;
  std::vector<absl::Status> ends(6);
  for (auto& end : ends) threads.emplace_back([&] { end = fetch().status(); });
  for (auto& thread : threads) thread.join();
  for (const auto& end : ends) EXPECT_TRUE(end.ok()) << end;
  EXPECT_EQ(text_of(root_ / "cache/scope-words-1.0.0/words"), "hello");
  EXPECT_EQ(leftovers(), 0);
}

TEST(DefaultCache, IsTheFirstThatTheEnvironmentNames) {
  setenv("HOME", "/home/me", 1);
  unsetenv("XDG_CACHE_HOME");
  unsetenv("BITTENSOR_CACHE");
  EXPECT_EQ(default_cache(), "/home/me/.cache/bittensor");
  setenv("XDG_CACHE_HOME", "/xdg", 1);
  EXPECT_EQ(default_cache(), "/xdg/bittensor");
  setenv("BITTENSOR_CACHE", "/own", 1);
  EXPECT_EQ(default_cache(), "/own");
}

TEST(Sha256OfFile, MissingFileIsNotFound) {
  EXPECT_EQ(sha256_of_file("/no/such/file").status().code(), absl::StatusCode::kNotFound);
}

}  // namespace
}  // namespace bittensor
