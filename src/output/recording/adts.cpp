#include "output/recording/adts.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <array>

#include "base/unique_fd.hpp"

namespace shelcaster::output {
namespace {

constexpr std::size_t kFrameBytesMax = (1U << 13U) - 1;

}  // namespace

// syncword (12), ID 0, layer 00, protection_absent 1 | profile (2), sampling_frequency_index (4),
// private 0, channel_configuration (3), four flags 0, aac_frame_length (13),
// buffer_fullness (11, all ones: variable rate), number of raw data blocks - 1 (2).
bool append_adts(base::Bytes& out, base::ByteSpan aac_config, base::ByteSpan frame) {
  const std::size_t length = kAdtsHeaderBytes + frame.size();
  if (length > kFrameBytesMax || aac_config.size() < 2) return false;
  base::ByteReader reader(aac_config);
  // audioObjectType (5), samplingFrequencyIndex (4), channelConfiguration (4).
  const std::uint64_t config = reader.u16();
  const std::uint64_t profile = ((config >> 11U) - 1U) & 0x3U;
  const std::uint64_t frequency = (config >> 7U) & 0xfU;
  const std::uint64_t channels = (config >> 3U) & 0x7U;
  base::append(out, 0xfff1, 2);
  base::append(out,
               profile << 38U | frequency << 34U | channels << 30U |
                   static_cast<std::uint64_t>(length) << 13U | std::uint64_t{0x7ff} << 2U,
               5);
  base::append(out, frame);
  return true;
}

AdtsCount count_adts(const std::filesystem::path& path, std::int64_t from) {
  AdtsCount count;
  const base::UniqueFd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  const off_t size = file ? ::lseek(file.get(), 0, SEEK_END) : 0;
  for (std::int64_t at = from;;) {
    std::array<std::byte, kAdtsHeaderBytes> header{};
    if (::pread(file.get(), header.data(), header.size(), at) !=
        static_cast<ssize_t>(header.size())) {
      return count;
    }
    base::ByteReader reader(header);
    const bool is_synchronous = (reader.u16() & 0xfff6U) == 0xfff0U;
    reader.skip(1);
    const std::int64_t length = (reader.u32() >> 13U) & kFrameBytesMax;
    if (!is_synchronous || length < std::int64_t{kAdtsHeaderBytes} || at + length > size) {
      return count;
    }
    at += length;
    ++count.frames;
    count.bytes += length;
  }
}

}  // namespace shelcaster::output
