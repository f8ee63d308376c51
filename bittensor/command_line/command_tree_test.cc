// SPDX-License-Identifier: MIT
#include "bittensor/command_line/command_tree.h"

#include <cstdio>
#include <cstdlib>
#include <fstream>

#include "CLI/CLI.hpp"
#include "gmock/gmock.h"

#include "bittensor/base/testing/empty_folder.h"
#include "bittensor/command_line/completion.h"
#include "bittensor/command_line/manual.h"

namespace bittensor {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

// A program like ours: a command with commands, one with options of all kinds.
class Tree : public ::testing::Test {
 protected:
  Tree() {
    CLI::App app("Models that learn from each other.", "program");
    app.require_subcommand(1);
    CLI::App* wallet = app.add_subcommand("wallet", "Keys.");
    wallet->add_subcommand("create", "Makes a key.");
    wallet->add_subcommand("show", "Prints a key.");
    CLI::App* neuron = app.add_subcommand("neuron", "Trains: it's one.");
    neuron->add_option("model", model_, "which one")->required();
    neuron->add_option("--give", give_, "what leaves it")->check(CLI::IsMember({"all", "nothing"}));
    neuron->add_option("--key-file", file_, "the key")->capture_default_str();
    neuron->add_flag("--stay")->description("keep serving");
    neuron->add_flag("--secret")->description("not shown")->group("");
    tree_ = describe(app);
  }

  std::string model_;
  std::string give_;
  std::string file_ = "neuron.key";
  CommandEntry tree_;
};

TEST_F(Tree, HasAllCommandsAndWhatTheyTake) {
  ASSERT_NE(tree_.find("wallet"), nullptr);
  EXPECT_NE(tree_.find("wallet")->find("create"), nullptr);
  EXPECT_EQ(tree_.find("other"), nullptr);
  const auto option = [&](const std::string& name) -> OptionEntry {
    for (const OptionEntry& one : tree_.find("neuron")->options) {
      if (one.names.front() == name) return one;
    }
    return {{"none"}, "", {}, "", ""};
  };
  EXPECT_TRUE(option("model").is_position());
  EXPECT_THAT(option("--give").choices, ElementsAre("all", "nothing"));
  EXPECT_EQ(option("--key-file").help, "the key [neuron.key]");
  EXPECT_THAT(option("--stay").value, IsEmpty());
  EXPECT_EQ(option("--secret").names.front(), "none");
}

TEST_F(Tree, SurvivesTheWayThroughJson) {
  const std::string json = to_json(tree_);
  const auto read = command_of_json(json);
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(to_json(*read), json);
  for (const char* wrong : {"", "[]", "{\"name\": 1}", "{\"name\": \"a\"}"}) {
    EXPECT_FALSE(command_of_json(wrong).ok()) << wrong;
  }
}

// What bash offers when the cursor is behind `words`, the last of which may be unfinished.
class BashCompletion : public Tree {
 protected:
  std::string offered(const std::string& words) {
    const std::string script = empty_folder() / "completion.bash";
    std::ofstream(script) << bash_completion(tree_);
    const std::string command = "bash -c 'source " + script + "; COMP_WORDS=(" + words +
                                "); COMP_CWORD=$((${#COMP_WORDS[@]} - 1)); _program; "
                                "echo \"${COMPREPLY[*]}\"'";
    FILE* pipe = popen(command.c_str(), "r");
    std::string output(10'000, '\0');
    output.resize(fread(output.data(), 1, output.size(), pipe));
    EXPECT_EQ(pclose(pipe), 0);
    while (!output.empty() && output.back() == '\n') output.pop_back();
    return output;
  }
};

TEST_F(BashCompletion, OffersCommandsOptionsAndChoices) {
  EXPECT_EQ(offered("program w"), "wallet");
  EXPECT_EQ(offered("program wallet \"\""), "create show --help -h");
  EXPECT_EQ(offered("program wallet s"), "show");
  EXPECT_EQ(offered("program neuron --st"), "--stay");
  EXPECT_EQ(offered("program neuron --stay --give \"\""), "all nothing");
  EXPECT_EQ(offered("program neuron --sec"), "");
}

TEST_F(Tree, ManualHasEveryCommandAndEscapesForRoff) {
  const std::string page = manual_page(tree_, "program 1.2");
  EXPECT_THAT(page, HasSubstr(".SS \\fBprogram wallet create\\fR\nMakes a key.\n"));
  EXPECT_THAT(page, HasSubstr("\\fB\\-\\-give\\fR all|nothing\nwhat leaves it\n"));
  EXPECT_THAT(page, HasSubstr(".SH EXIT STATUS"));
  EXPECT_THAT(page, Not(HasSubstr("secret")));
  CommandEntry dots{"a", "", "", {}, {{"b", ".so /etc/passwd", "", {}, {}}}};
  EXPECT_THAT(manual_page(dots, ""), HasSubstr("\n\\&.so"));
}

TEST_F(Tree, ZshCompletionHasCommandsWithTheirHelp) {
  const std::string script = zsh_completion(tree_);
  EXPECT_THAT(script, HasSubstr("#compdef program\n"));
  EXPECT_THAT(script, HasSubstr("'wallet:Keys.'"));
  EXPECT_THAT(script, HasSubstr("'neuron:Trains: it'\\''s one.'"));
}

}  // namespace
}  // namespace bittensor
