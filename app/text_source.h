// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdio>
#include <string>
#include <vector>

#include "absl/status/statusor.h"

namespace bittensor {

// Where texts come from on the command line: its words, else the lines of files, else those of
// standard input. Reads no more than it is asked for.
//
// Not thread-safe.
class TextSource {
 public:
  TextSource(std::vector<std::string> texts, std::vector<std::string> files);
  ~TextSource();
  TextSource(const TextSource&) = delete;
  TextSource& operator=(const TextSource&) = delete;

  // The next texts, `most` at the most; none at the end. kInvalidArgument if standard input is a
  // terminal or empty; kNotFound, with its name, for a file that cannot be read;
  // kResourceExhausted for a line of more than 16 MiB.
  absl::StatusOr<std::vector<std::string>> next(std::size_t most);

  // Where text `index` of the last next() stood: "FILE:12"; "12" for what has no file.
  std::string place(std::size_t index) const;

 private:
  // Whether there was one; opens the next file where one ends.
  absl::StatusOr<bool> read_line(std::string& line);
  absl::Status open_next();

  std::vector<std::string> texts_;
  std::vector<std::string> files_;
  bool from_words_;
  std::size_t taken_ = 0;  // words
  std::size_t file_ = 0;   // files that were opened
  std::size_t line_ = 0;   // of the file
  std::FILE* open_ = nullptr;
  std::vector<std::string> places_;
};

// "12,345 texts, 310/s" on one line of standard error that moves on, once a second and only on a
// terminal.
class TextProgress {
 public:
  TextProgress();
  ~TextProgress();  // clears the line
  TextProgress(const TextProgress&) = delete;
  TextProgress& operator=(const TextProgress&) = delete;

  void add(std::size_t texts);

 private:
  bool shown_ = false;
  std::size_t texts_ = 0;
  double started_;
  double last_;
};

}  // namespace bittensor
