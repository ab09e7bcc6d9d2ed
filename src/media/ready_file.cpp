#include "media/ready_file.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cerrno>
#include <cmath>
#include <cstring>
#include <limits>
#include <utility>

namespace shelcaster::media {
namespace {

static_assert(std::endian::native == std::endian::little, "WAV is little-endian");

constexpr std::size_t kFrameBytes = 4;
constexpr std::size_t kPieceSamples = 2 * 4'800;
constexpr std::uint64_t kGrowing = std::numeric_limits<std::uint64_t>::max();
constexpr std::uint32_t kUnknownSize = std::numeric_limits<std::uint32_t>::max();
constexpr std::size_t kFramesAt = 44;

using Header = std::array<std::byte, kReadyHeaderBytes>;

class HeaderWriter {
 public:
  template <typename T>
  HeaderWriter& put(const T& value) {
    std::memcpy(header_.data() + at_, &value, sizeof(T));
    at_ += sizeof(T);
    return *this;
  }
  HeaderWriter& tag(const char* four) {
    std::memcpy(header_.data() + at_, four, 4);
    at_ += 4;
    return *this;
  }
  [[nodiscard]] const Header& header() const { return header_; }

 private:
  Header header_{};
  std::size_t at_ = 0;
};

/// `frames` is kGrowing for a file that isn't finished.
Header make_header(std::uint64_t frames) {
  const bool fits = frames <= (kUnknownSize - kReadyHeaderBytes) / kFrameBytes;
  const auto data_bytes = fits ? static_cast<std::uint32_t>(frames * kFrameBytes) : kUnknownSize;
  const auto riff_bytes =
      fits ? data_bytes + static_cast<std::uint32_t>(kReadyHeaderBytes) - 8 : kUnknownSize;
  constexpr std::uint32_t kRate = 48'000;
  return HeaderWriter()
      .tag("RIFF")
      .put(riff_bytes)
      .tag("WAVE")
      .tag("fmt ")
      .put(std::uint32_t{16})
      .put(std::uint16_t{1})
      .put(std::uint16_t{2})
      .put(kRate)
      .put(kRate * std::uint32_t{kFrameBytes})
      .put(std::uint16_t{kFrameBytes})
      .put(std::uint16_t{16})
      .tag("shel")
      .put(std::uint32_t{8})
      .put(frames)
      .tag("data")
      .put(data_bytes)
      .header();
}

base::Result<void> write_all(int fd, base::ByteSpan bytes, std::uint64_t at) {
  while (!bytes.empty()) {
    const ssize_t put = pwrite(fd, bytes.data(), bytes.size(), static_cast<off_t>(at));
    if (put < 0 && errno == EINTR) continue;
    if (put <= 0) {
      return base::fail(fmt::format("can't write the ready file: {}", std::strerror(errno)));
    }
    bytes = bytes.subspan(static_cast<std::size_t>(put));
    at += static_cast<std::uint64_t>(put);
  }
  return {};
}

/// Bytes read, fewer than asked only at the end of the file.
base::Result<std::size_t> read_all(int fd, std::span<std::byte> out, std::uint64_t at) {
  std::size_t size = 0;
  while (size < out.size()) {
    const ssize_t got =
        pread(fd, out.data() + size, out.size() - size, static_cast<off_t>(at + size));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return base::fail(fmt::format("can't read it: {}", std::strerror(errno)));
    if (got == 0) break;
    size += static_cast<std::size_t>(got);
  }
  return size;
}

}  // namespace

base::Result<ReadyFileWriter> ReadyFileWriter::start(int fd) {
  if (auto written = write_all(fd, make_header(kGrowing), 0); !written) {
    return tl::unexpected(written.error());
  }
  ReadyFileWriter writer(fd);
  writer.pending_.reserve(kPieceSamples);
  return writer;
}

/// Uniform in ±0.5 LSB; the sum of two is triangular. A linear congruential generator (Knuth's
/// MMIX-style constants for 32 bits) is random enough for noise at −96 dB.
float ReadyFileWriter::next_dither() {
  dither_state_ = dither_state_ * 1'664'525U + 1'013'904'223U;
  return static_cast<float>(dither_state_ >> 8U) / 16'777'216.0F - 0.5F;
}

base::Result<void> ReadyFileWriter::write(std::span<const float> interleaved) {
  for (const float sample : interleaved) {
    const float dithered = sample * 32'767.0F + next_dither() + next_dither();
    const float bounded =
        std::isnan(sample) ? 0.0F : std::clamp(std::nearbyint(dithered), -32'768.0F, 32'767.0F);
    pending_.push_back(static_cast<std::int16_t>(bounded));
    if (pending_.size() < kPieceSamples) continue;
    if (auto flushed = flush(); !flushed) return flushed;
  }
  frames_ += static_cast<std::int64_t>(interleaved.size() / 2);
  return {};
}

base::Result<void> ReadyFileWriter::flush() {
  const auto bytes = std::as_bytes(std::span(pending_));
  if (auto written = write_all(fd_, bytes, flushed_bytes_); !written) return written;
  flushed_bytes_ += bytes.size();
  pending_.clear();
  return {};
}

base::Result<void> ReadyFileWriter::finish() {
  if (auto flushed = flush(); !flushed) return flushed;
  return write_all(fd_, make_header(static_cast<std::uint64_t>(frames_)), 0);
}

void end_ready_file(const std::string& path) {
  const auto reader = ReadyFileReader::open(path);
  if (!reader) return;
  const auto frames = reader->frames_available();
  const base::UniqueFd fd(::open(path.c_str(), O_WRONLY | O_CLOEXEC));
  if (!fd || !frames || reader->is_finished().value_or(true)) return;
  (void)write_all(fd.get(), make_header(static_cast<std::uint64_t>(*frames)), 0);
}

base::Result<ReadyFileReader> ReadyFileReader::open(const std::string& path) {
  base::UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd) return base::fail(fmt::format("can't open {}: {}", path, std::strerror(errno)));
  Header got{};
  const auto size = read_all(fd.get(), got, 0);
  if (!size) return base::fail(fmt::format("{}: {}", path, size.error().message));
  const Header expected = make_header(kGrowing);
  // Everything but the three lengths is the same in every ready file.
  const auto same = [&](std::size_t from, std::size_t to) {
    return std::equal(got.begin() + static_cast<std::ptrdiff_t>(from),
                      got.begin() + static_cast<std::ptrdiff_t>(to),
                      expected.begin() + static_cast<std::ptrdiff_t>(from));
  };
  if (*size < got.size() || !same(0, 4) || !same(8, kFramesAt) || !same(52, 56)) {
    return base::fail(fmt::format("{} is not a ready file: import it again", path));
  }
  return ReadyFileReader(std::move(fd));
}

base::Result<std::int64_t> ReadyFileReader::frames_available() const {
  struct stat status {};
  if (fstat(fd_.get(), &status) != 0) {
    return base::fail(fmt::format("can't read the ready file: {}", std::strerror(errno)));
  }
  constexpr auto kHeader = static_cast<std::int64_t>(kReadyHeaderBytes);
  return std::max<std::int64_t>(0, std::int64_t{status.st_size} - kHeader) /
         static_cast<std::int64_t>(kFrameBytes);
}

base::Result<bool> ReadyFileReader::is_finished() const {
  std::array<std::byte, sizeof(std::uint64_t)> bytes{};
  const auto size = read_all(fd_.get(), bytes, kFramesAt);
  if (!size) return tl::unexpected(size.error());
  return std::bit_cast<std::uint64_t>(bytes) != kGrowing;
}

base::Result<std::size_t> ReadyFileReader::read(std::int64_t at, std::span<float> interleaved) {
  if (at < 0) return base::fail("a ready file has no frames before its first");
  scratch_.resize(interleaved.size());
  const auto size = read_all(fd_.get(), std::as_writable_bytes(std::span(scratch_)),
                             kReadyHeaderBytes + static_cast<std::uint64_t>(at) * kFrameBytes);
  if (!size) return tl::unexpected(size.error());
  const std::size_t frames = *size / kFrameBytes;
  for (std::size_t i = 0; i < frames * 2; ++i) {
    interleaved[i] = static_cast<float>(scratch_[i]) / 32'767.0F;
  }
  return frames;
}

}  // namespace shelcaster::media
