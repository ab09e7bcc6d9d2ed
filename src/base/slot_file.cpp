#include "base/slot_file.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <array>
#include <boost/crc.hpp>
#include <cerrno>
#include <charconv>
#include <cstring>

#include "base/unique_fd.hpp"

namespace shelcaster::base {
namespace {

// Two numbers of 64 bits, one of 32, and what stands between them.
constexpr std::size_t kHeadBytesMax = 64;

std::string head_of(std::uint64_t sequence, std::string_view record) {
  boost::crc_32_type crc;
  crc.process_bytes(record.data(), record.size());
  return fmt::format("{} {} {:08x}\n", sequence, record.size(), crc.checksum());
}

struct Record {
  std::uint64_t sequence = 0;
  std::string_view text;
};

/// What stands in a slot, if that is whole.
std::optional<Record> parse(std::string_view slot) {
  Record record;
  std::size_t size = 0;
  const char* const end = slot.data() + slot.size();
  const auto number = std::from_chars(slot.data(), end, record.sequence);
  if (number.ec != std::errc() || number.ptr == end) return std::nullopt;
  if (std::from_chars(number.ptr + 1, end, size).ec != std::errc()) return std::nullopt;
  const std::size_t line_end = slot.find('\n');
  if (line_end == std::string_view::npos) return std::nullopt;
  record.text = slot.substr(line_end + 1, size);
  const bool is_whole = slot.substr(0, line_end + 1) == head_of(record.sequence, record.text);
  return is_whole ? std::optional(record) : std::nullopt;
}

}  // namespace

std::optional<std::string> SlotFile::read() {
  is_read_ = true;
  const UniqueFd fd(::open(path_.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd) return std::nullopt;
  std::optional<std::string> newest;
  std::string bytes(options_.slot_bytes, '\0');
  for (off_t slot = 0; slot < 2; ++slot) {
    const ssize_t got = ::pread(fd.get(), bytes.data(), bytes.size(),
                                slot * static_cast<off_t>(options_.slot_bytes));
    if (got <= 0) continue;
    const auto record = parse(std::string_view(bytes).substr(0, static_cast<std::size_t>(got)));
    if (!record || record->sequence <= sequence_) continue;
    sequence_ = record->sequence;
    newest = record->text;
  }
  return newest;
}

std::size_t SlotFile::record_bytes_max() const { return options_.slot_bytes - kHeadBytesMax; }

Result<void> SlotFile::write(std::string_view record) {
  if (record.size() > record_bytes_max()) {
    return fail(fmt::format("can't write {}: {} bytes are too many, at most {} fit", path_.string(),
                            record.size(), record_bytes_max()));
  }
  if (!is_read_) (void)read();
  const UniqueFd fd(::open(path_.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, options_.mode));
  const std::uint64_t next = sequence_ + 1;
  const std::string text = head_of(next, record).append(record);
  ssize_t put = -1;
  if (fd) {
    do {
      const auto at = static_cast<off_t>(next % 2 * options_.slot_bytes);
      put = ::pwrite(fd.get(), text.data(), text.size(), at);
    } while (put < 0 && errno == EINTR);
  }
  if (put == static_cast<ssize_t>(text.size()) && options_.is_synced &&
      ::fdatasync(fd.get()) != 0) {
    put = -1;
  }
  if (put < 0) {
    return fail(fmt::format("can't write {}: {}", path_.filename().string(), std::strerror(errno)));
  }
  if (static_cast<std::size_t>(put) < text.size()) {
    return fail(fmt::format("can't write {}: no space for all of it", path_.filename().string()));
  }
  sequence_ = next;
  return {};
}

}  // namespace shelcaster::base
