// SPDX-License-Identifier: MIT
#include "bittensor/command_line/command_line.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>

#include "gmock/gmock.h"

#include "bittensor/command_line/option_group.h"

namespace bittensor {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

// A program with one option of each kind.
class CommandLine : public ::testing::Test {
 protected:
  ~CommandLine() override {
    for (const char* name : {"BITTENSOR_PORT", "BITTENSOR_HOST", "BITTENSOR_CONFIG"}) {
      unsetenv(name);
    }
    std::filesystem::remove(file_);
  }

  absl::StatusOr<std::optional<std::string>> read(const std::vector<std::string>& words) {
    port_ = 1;
    app_ = std::make_unique<CLI::App>("A test", "program");
    add_config_options(*app_);
    const OptionGroup group(*app_, "Network");
    group.add("port", port_, "a number")->check(CLI::Range(0, 9));
    group.add("host", hosts_, "a list")->delimiter(',');
    group.add("name", name_, "a text");
    group.flag("stay", stay_, "a flag");
    return read_command_line(*app_, words);
  }
  void write(const std::string& toml) { std::ofstream(file_) << toml; }
  std::vector<std::string> with_file(std::vector<std::string> words = {}) {
    words.insert(words.begin(), {"--config", file_});
    return words;
  }
  std::string error_of(const std::vector<std::string>& words) {
    const auto answer = read(words);
    EXPECT_FALSE(answer.ok());
    return std::string(answer.status().message());
  }

  const std::string file_ = ::testing::TempDir() + "/command_line_" +
                            ::testing::UnitTest::GetInstance()->current_test_info()->name() +
                            ".toml";
  std::unique_ptr<CLI::App> app_;
  int port_ = 1;
  std::vector<std::string> hosts_;
  std::string name_;
  bool stay_ = false;
};

TEST_F(CommandLine, WinsOverTheEnvironmentAndThatOverTheFile) {
  write("port = 2\n");
  ASSERT_TRUE(read(with_file()).ok());
  EXPECT_EQ(port_, 2);
  setenv("BITTENSOR_PORT", "3", 1);
  ASSERT_TRUE(read(with_file()).ok());
  EXPECT_EQ(port_, 3);
  ASSERT_TRUE(read(with_file({"--port=4"})).ok());
  EXPECT_EQ(port_, 4);
}

TEST_F(CommandLine, OfAListOnlyOneOfThemCounts) {
  write("host = [\n  \"a\",\n  \"b\",\n]\n");
  ASSERT_TRUE(read(with_file()).ok());
  EXPECT_THAT(hosts_, ElementsAre("a", "b"));
  setenv("BITTENSOR_HOST", "c,d", 1);
  ASSERT_TRUE(read(with_file()).ok());
  EXPECT_THAT(hosts_, ElementsAre("c", "d"));
  ASSERT_TRUE(read(with_file({"--host", "e", "--host", "f"})).ok());
  EXPECT_THAT(hosts_, ElementsAre("e", "f"));
}

TEST_F(CommandLine, EnvironmentMayNameTheFile) {
  write("stay = true\n");
  setenv("BITTENSOR_CONFIG", file_.c_str(), 1);
  ASSERT_TRUE(read({}).ok());
  EXPECT_TRUE(stay_);
}

TEST_F(CommandLine, UnknownNamesAreAnsweredWithTheNearest) {
  write("stay = true\nprot = 2\n");
  EXPECT_EQ(error_of(with_file()), file_ + ":2: prot is not an option; did you mean port?");
  EXPECT_EQ(error_of({"--prot", "2"}), "--prot is not an option; did you mean --port?");
  EXPECT_EQ(error_of({"--entirely"}), "--entirely is not an option");
  EXPECT_EQ(error_of({"word"}), "'word' is not expected here");
  write("config = \"other\"\n");
  EXPECT_THAT(error_of(with_file()), HasSubstr("config is not an option"));
}

TEST_F(CommandLine, ErrorsSayWhereTheValueIs) {
  write("\nport = 10\n");
  EXPECT_THAT(error_of(with_file()), HasSubstr("(file, " + file_ + ":2)"));
  setenv("BITTENSOR_PORT", "11", 1);
  EXPECT_THAT(error_of({}), HasSubstr("(environment, BITTENSOR_PORT)"));
  EXPECT_THAT(error_of({"--port", "12"}), Not(HasSubstr("(")));
}

TEST_F(CommandLine, OneValueIsNotAList) {
  write("port = [2]\n");
  ASSERT_TRUE(read(with_file()).ok());
  EXPECT_EQ(port_, 2);
  write("port = [2, 3]\n");
  EXPECT_THAT(error_of(with_file()), HasSubstr("port has 2 values and takes one"));
  write("port = []\n");
  EXPECT_THAT(error_of(with_file()), HasSubstr("port has 0 values and takes one"));
  write("port = \"\"\n");
  EXPECT_THAT(error_of(with_file()), HasSubstr("port is empty"));
}

TEST_F(CommandLine, ConfigurationSaysWhereEachValueIsFrom) {
  write("name = \"a \\\"b\\\"\"\nhost = [\"x\", \"y\"]\n");
  setenv("BITTENSOR_PORT", "3", 1);
  const auto answer = read(with_file({"--stay", "--print-config"}));
  ASSERT_TRUE(answer.ok() && answer->has_value());
  EXPECT_THAT(**answer, HasSubstr("# Network\nport = 3 "));
  EXPECT_THAT(**answer, HasSubstr(" # environment, BITTENSOR_PORT\n"));
  EXPECT_THAT(**answer, HasSubstr("host = [\"x\", \"y\"] "));
  EXPECT_THAT(**answer, HasSubstr("name = \"a \\\"b\\\"\" "));
  EXPECT_THAT(**answer, HasSubstr(" # file, " + file_ + ":1\n"));
  EXPECT_THAT(**answer, HasSubstr("stay = true "));
  EXPECT_THAT(**answer, HasSubstr(" # command line\n"));
}

TEST_F(CommandLine, ConfigurationMayBeReadAgain) {
  const std::string key(64, '1');
  const auto answer = read({"--port", "5", "--host", "a,01," + key, "--stay", "--print-config"});
  ASSERT_TRUE(answer.ok() && answer->has_value());
  EXPECT_THAT(**answer, HasSubstr(" # default\n"));
  write(**answer);
  stay_ = false;
  hosts_.clear();
  ASSERT_TRUE(read(with_file()).ok());
  EXPECT_EQ(port_, 5);
  EXPECT_TRUE(stay_);
  EXPECT_THAT(hosts_, ElementsAre("a", "01", key));
}

TEST_F(CommandLine, HelpDoesNotNeedTheFile) {
  write("port = [\n");
  const auto answer = read(with_file({"--help"}));
  ASSERT_TRUE(answer.ok() && answer->has_value());
  EXPECT_THAT(**answer, HasSubstr("--print-config"));
}

TEST(Commands, WrongOnesAreAnsweredWithTheNearest) {
  CLI::App app("A test", "program");
  app.require_subcommand(1);
  CLI::App* wallet = app.add_subcommand("wallet", "");
  wallet->require_subcommand(1);
  std::string file;
  CLI::App* show = wallet->add_subcommand("show", "");
  show->add_option("file", file, "")->required();
  int words = 0;
  show->add_option("--words", words, "")->required();
  const auto error_of = [&](const std::vector<std::string>& given) {
    return std::string(read_command_line(app, given).status().message());
  };
  EXPECT_EQ(error_of({"walet"}), "'walet' is not a command; did you mean wallet?");
  EXPECT_EQ(error_of({"wallet", "shwo"}), "'shwo' is not a command; did you mean show?");
  EXPECT_EQ(error_of({"wallet"}), "a command is missing: show");
  EXPECT_EQ(error_of({}), "a command is missing: wallet");
  EXPECT_EQ(error_of({"wallet", "show", "--words", "1"}), "the argument FILE is missing");
  EXPECT_EQ(command_name(app), "program wallet show");
  EXPECT_EQ(error_of({"wallet", "show", "a"}), "--words is required");
  EXPECT_EQ(error_of({"wallet", "show", "a", "--words", "1", "--word", "2"}),
            "--word is not an option; did you mean --words?");
}

TEST(Commands, MayHaveAConfigurationOfTheirOwn) {
  const std::string file = ::testing::TempDir() + "/commands_test.toml";
  std::ofstream(file) << "size = 3\n";
  CLI::App app("A test", "program");
  app.require_subcommand(1);
  CLI::App* command = app.add_subcommand("doctor", "");
  add_config_options(*command);
  int size = 1;
  OptionGroup(*command, "Sizes").add("size", size, "");
  const auto answer = read_command_line(app, {"doctor", "--config", file, "--print-config"});
  std::filesystem::remove(file);
  ASSERT_TRUE(answer.ok() && answer->has_value()) << answer.status();
  EXPECT_EQ(size, 3);
  EXPECT_THAT(**answer, HasSubstr("# file, " + file + ":1\n"));
}

}  // namespace
}  // namespace bittensor
