// SPDX-License-Identifier: MIT
#include "bittensor/toolbox/zip.h"

#include <limits>
#include <set>

#include "absl/strings/str_cat.h"
#include "zlib.h"

#include "bittensor/base/status_macros.h"
#include "bittensor/toolbox/little_endian.h"
#include "bittensor/toolbox/tensor_map.h"

namespace bittensor {
namespace {

constexpr std::uint32_t kLocalHeader = 0x04034b50;
constexpr std::uint32_t kCentralHeader = 0x02014b50;
constexpr std::uint32_t kEndRecord = 0x06054b50;
constexpr std::uint32_t kEndRecord64 = 0x06064b50;
constexpr std::uint32_t kEndLocator64 = 0x07064b50;
constexpr std::size_t kLocalHeaderSize = 30;
constexpr std::size_t kCentralHeaderSize = 46;
constexpr std::size_t kEndRecordSize = 22;
constexpr std::size_t kEndLocator64Size = 20;
constexpr std::uint32_t kIn64 = 0xFFFFFFFF;  // the number stands in the zip64 field
constexpr std::uint16_t kExtra64 = 1;
constexpr std::uint16_t kEncrypted = 1;

absl::Status bad_zip(absl::string_view what) {
  return absl::InvalidArgumentError(absl::StrCat("damaged zip archive: ", what));
}

// Where the list of members lies.
struct Directory {
  std::uint64_t members = 0;
  std::uint64_t begin = 0;
};

// The end record is last, but for a comment of at most 64 KiB.
std::optional<std::size_t> find_end_record(absl::string_view archive) {
  if (archive.size() < kEndRecordSize) return std::nullopt;
  const std::size_t last = archive.size() - kEndRecordSize;
  const std::size_t first = last - std::min<std::size_t>(last, 0xFFFF);
  for (std::size_t at = last + 1; at-- > first;) {
    if (read_number<std::uint32_t>(archive, at) != kEndRecord) continue;
    if (*read_number<std::uint16_t>(archive, at + 20) == last - at) return at;
  }
  return std::nullopt;
}

absl::StatusOr<Directory> find_directory(absl::string_view archive) {
  const auto end = find_end_record(archive);
  if (!end) return bad_zip("no end record: the file is cut short or not a zip archive");
  Directory directory{*read_number<std::uint16_t>(archive, *end + 10),
                      *read_number<std::uint32_t>(archive, *end + 16)};
  if (*end < kEndLocator64Size ||
      read_number<std::uint32_t>(archive, *end - kEndLocator64Size) != kEndLocator64) {
    return directory;
  }
  const std::size_t at = *read_number<std::uint64_t>(archive, *end - kEndLocator64Size + 8);
  const auto members = read_number<std::uint64_t>(archive, at + 32);
  const auto begin = read_number<std::uint64_t>(archive, at + 48);
  if (read_number<std::uint32_t>(archive, at) != kEndRecord64 || !members || !begin) {
    return bad_zip("no zip64 end record");
  }
  return Directory{*members, *begin};
}

// Replaces those of `numbers` that are too large for 32 bits, which stand in their order in the
// zip64 field of `extra`.
bool read_extra64(absl::string_view extra, std::initializer_list<std::uint64_t*> numbers) {
  absl::string_view field;
  for (std::size_t at = 0; at + 4 <= extra.size();) {
    const std::size_t size = *read_number<std::uint16_t>(extra, at + 2);
    if (*read_number<std::uint16_t>(extra, at) == kExtra64) field = extra.substr(at + 4, size);
    at += 4 + size;
  }
  std::size_t at = 0;
  for (std::uint64_t* number : numbers) {
    if (*number != kIn64) continue;
    const auto wide = read_number<std::uint64_t>(field, at);
    if (!wide) return false;
    *number = *wide;
    at += sizeof *wide;
  }
  return true;
}

// The stored bytes of a member; its own header repeats name and extra field in other lengths.
absl::StatusOr<absl::string_view> stored_bytes(absl::string_view archive, std::uint64_t header,
                                               std::uint64_t size) {
  if (read_number<std::uint32_t>(archive, header) != kLocalHeader ||
      archive.size() - header < kLocalHeaderSize) {
    return bad_zip("a member is not where the directory says");
  }
  const std::size_t begin = header + kLocalHeaderSize +
                            *read_number<std::uint16_t>(archive, header + 26) +
                            *read_number<std::uint16_t>(archive, header + 28);
  if (begin > archive.size() || archive.size() - begin < size) {
    return bad_zip("a member reaches beyond the end");
  }
  return archive.substr(begin, size);
}

// Reads the directory's entry at `at` and moves `at` to the next.
absl::StatusOr<ZipMember> read_member(absl::string_view archive, std::size_t& at) {
  if (read_number<std::uint32_t>(archive, at) != kCentralHeader ||
      archive.size() - at < kCentralHeaderSize) {
    return bad_zip("the directory is incomplete");
  }
  const std::size_t name_size = *read_number<std::uint16_t>(archive, at + 28);
  const std::size_t extra_size = *read_number<std::uint16_t>(archive, at + 30);
  const std::size_t comment_size = *read_number<std::uint16_t>(archive, at + 32);
  if (archive.size() - at - kCentralHeaderSize < name_size + extra_size + comment_size) {
    return bad_zip("the directory is incomplete");
  }
  ZipMember member;
  member.name = archive.substr(at + kCentralHeaderSize, name_size);
  member.crc = *read_number<std::uint32_t>(archive, at + 16);
  if ((*read_number<std::uint16_t>(archive, at + 8) & kEncrypted) != 0 ||
      *read_number<std::uint16_t>(archive, at + 10) != 0) {
    return absl::UnimplementedError(
        absl::StrCat("zip member ", in_quotes(member.name), " is compressed or encrypted"));
  }
  std::uint64_t packed = *read_number<std::uint32_t>(archive, at + 20);
  std::uint64_t size = *read_number<std::uint32_t>(archive, at + 24);
  std::uint64_t header = *read_number<std::uint32_t>(archive, at + 42);
  const auto extra = archive.substr(at + kCentralHeaderSize + name_size, extra_size);
  if (!read_extra64(extra, {&size, &packed, &header}) || packed != size) {
    return bad_zip("sizes do not fit each other");
  }
  BITTENSOR_ASSIGN_OR_RETURN(member.bytes, stored_bytes(archive, header, size));
  at += kCentralHeaderSize + name_size + extra_size + comment_size;
  return member;
}

}  // namespace

absl::StatusOr<std::vector<ZipMember>> list_zip(absl::string_view archive) {
  BITTENSOR_ASSIGN_OR_RETURN(const Directory directory, find_directory(archive));
  std::vector<ZipMember> members;
  std::set<absl::string_view> names;
  std::size_t at = directory.begin;
  for (std::uint64_t i = 0; i < directory.members; ++i) {
    BITTENSOR_ASSIGN_OR_RETURN(const ZipMember member, read_member(archive, at));
    if (!names.insert(member.name).second) {
      return bad_zip(absl::StrCat("two members named ", in_quotes(member.name)));
    }
    members.push_back(member);
  }
  return members;
}

absl::Status check_crc(const ZipMember& member) {
  const auto* bytes = reinterpret_cast<const Bytef*>(member.bytes.data());
  if (crc32_z(0, bytes, member.bytes.size()) == member.crc) return absl::OkStatus();
  return absl::DataLossError(absl::StrCat("zip member ", in_quotes(member.name), " is damaged"));
}

}  // namespace bittensor
