#include "rtc/srtp/srtp_context.hpp"

#include <algorithm>

#include "rtc/srtp/detail/packet_index.hpp"
#include "rtc/srtp/detail/source_table.hpp"
#include "rtc/srtp/detail/srtp_cipher.hpp"

namespace shelcaster::rtc {
namespace {

using Direction = SrtpCipher::Direction;
using Stream = SrtpCipher::Stream;

constexpr std::size_t kRtpHeaderBytes = 12;
constexpr std::size_t kRtcpHeaderBytes = 8;
constexpr std::size_t kIndexBytes = 4;
constexpr std::size_t kPacketBytesMax = 65'535;
/// RFC 3711 §3.4: the top bit of the word says that the packet is encrypted, the rest is its index.
constexpr std::uint32_t kEncryptedFlag = 0x8000'0000U;
constexpr std::uint32_t kRtcpIndexMax = 0x7fff'ffffU;

struct RtpPrefix {
  std::size_t bytes;  ///< the fixed header, sources and extension: what is not encrypted
  std::uint16_t sequence;
  std::uint32_t ssrc;
};

std::optional<RtpPrefix> read_prefix(base::ByteSpan packet) noexcept {
  base::ByteReader reader(packet);
  const unsigned first = reader.u8();
  reader.skip(1);
  RtpPrefix prefix{};
  prefix.sequence = reader.u16();
  reader.skip(4);
  prefix.ssrc = reader.u32();
  reader.skip(4 * std::size_t{first & 0x0fU});
  const bool has_extension = (first & 0x10U) != 0;
  if (has_extension) {
    reader.skip(2);
    reader.skip(4 * std::size_t{reader.u16()});
  }
  if (!reader.ok() || first >> 6U != 2 || packet.size() > kPacketBytesMax) return std::nullopt;
  prefix.bytes = packet.size() - reader.remaining();
  return prefix;
}

std::uint32_t rollover_counter_of(std::uint64_t index) noexcept {
  return static_cast<std::uint32_t>(index >> 16U);
}

void put_newest(const ReplayWindow& window, base::StateWriter& to) noexcept {
  to.put(window.has_newest());
  to.put(window.newest());
}

std::optional<std::uint64_t> take_newest(base::StateReader& from) noexcept {
  const bool has_newest = from.take<bool>();
  const auto newest = from.take<std::uint64_t>();
  return has_newest ? std::optional(newest) : std::nullopt;
}

bool has_room(std::span<std::byte> bytes, std::size_t size) noexcept {
  return size <= bytes.size() && bytes.size() - size >= kSrtpOverheadBytesMax;
}

}  // namespace

std::optional<PacketSource> packet_source(base::ByteSpan packet) noexcept {
  if (packet.size() < kRtcpHeaderBytes) return std::nullopt;
  const bool is_version_2 = (std::to_integer<unsigned>(packet[0]) >> 6U) == 2;
  if (!is_version_2) return std::nullopt;
  const auto type = std::to_integer<unsigned>(packet[1]);
  const bool is_rtcp = type >= 192 && type <= 223;
  if (!is_rtcp && packet.size() < kRtpHeaderBytes) return std::nullopt;
  base::ByteReader reader(packet.subspan(is_rtcp ? 4 : 8));
  return PacketSource{.is_rtcp = is_rtcp, .ssrc = reader.u32()};
}

struct SrtpSender::State {
  State(const SrtpKeys& keys, std::uint32_t local_ssrc)
      : ssrc(local_ssrc),
        rtp(keys.profile, keys.local_key_salt, Stream::kRtp, Direction::kSeal),
        rtcp(keys.profile, keys.local_key_salt, Stream::kRtcp, Direction::kSeal),
        is_gcm(keys.profile == SrtpProfile::kAeadAes128Gcm) {}

  const std::uint32_t ssrc;
  SrtpCipher rtp;
  SrtpCipher rtcp;
  const bool is_gcm;
  RtpIndex indices{0};
  std::uint32_t rtcp_index = 0;
};

SrtpSender::SrtpSender(const SrtpKeys& keys, std::uint32_t ssrc)
    : state_(std::make_unique<State>(keys, ssrc)) {}
SrtpSender::~SrtpSender() = default;

std::size_t SrtpSender::protect_rtp(std::span<std::byte> bytes, std::size_t size) noexcept {
  if (!has_room(bytes, size)) return 0;
  State& s = *state_;
  const auto prefix = read_prefix(bytes.first(size));
  if (!prefix || prefix->ssrc != s.ssrc) return 0;
  const auto index = s.indices.guess(prefix->sequence);
  if (!index || !s.indices.is_fresh(*index)) return 0;
  // Noted before the key stream is used, so that no failure can make it be used twice.
  s.indices.note(*index);
  const std::size_t tag_bytes = s.rtp.tag_bytes();
  const bool sealed = s.rtp.seal(s.ssrc, *index, bytes.first(prefix->bytes),
                                 bytes.subspan(prefix->bytes, size - prefix->bytes),
                                 rollover_counter_of(*index), bytes.subspan(size, tag_bytes));
  return sealed ? size + tag_bytes : 0;
}

// GCM: header, text, tag, word (RFC 7714 §9.2). Counter mode: header, text, word, tag (RFC 3711
// §3.4).
std::size_t SrtpSender::protect_rtcp(std::span<std::byte> bytes, std::size_t size) noexcept {
  State& s = *state_;
  if (size < kRtcpHeaderBytes || !has_room(bytes, size) || s.rtcp_index == kRtcpIndexMax) return 0;
  const auto source = packet_source(bytes.first(size));
  if (!source || source->ssrc != s.ssrc) return 0;
  const std::uint32_t index = ++s.rtcp_index;
  const std::uint32_t word = kEncryptedFlag | index;
  const std::size_t tag_bytes = s.rtcp.tag_bytes();
  const std::size_t tag_at = s.is_gcm ? size : size + kIndexBytes;
  const std::size_t word_at = s.is_gcm ? size + tag_bytes : size;
  base::ByteWriter(bytes.subspan(word_at, kIndexBytes)).u32(word);
  const bool sealed = s.rtcp.seal(s.ssrc, index, bytes.first(kRtcpHeaderBytes),
                                  bytes.subspan(kRtcpHeaderBytes, size - kRtcpHeaderBytes), word,
                                  bytes.subspan(tag_at, tag_bytes));
  return sealed ? size + tag_bytes + kIndexBytes : 0;
}

void SrtpSender::save(base::StateWriter& to) const noexcept {
  put_newest(state_->indices.window(), to);
  to.put(state_->rtcp_index);
}

void SrtpSender::restore(base::StateReader& from) noexcept {
  if (const auto newest = take_newest(from)) state_->indices.resume(*newest + kResumeMargin);
  const auto rtcp_index = from.take<std::uint32_t>();
  state_->rtcp_index = std::min(rtcp_index + kResumeMargin, kRtcpIndexMax);
}

struct SrtpReceiver::State {
  explicit State(const SrtpKeys& keys)
      : rtp(keys.profile, keys.remote_key_salt, Stream::kRtp, Direction::kOpen),
        rtcp(keys.profile, keys.remote_key_salt, Stream::kRtcp, Direction::kOpen),
        is_gcm(keys.profile == SrtpProfile::kAeadAes128Gcm) {}

  [[nodiscard]] bool open_rtp(const RtpPrefix& prefix, std::uint64_t index,
                              std::span<std::byte> bytes, std::size_t size) noexcept {
    return rtp.open(prefix.ssrc, index, bytes.first(prefix.bytes),
                    bytes.subspan(prefix.bytes, size - prefix.bytes), rollover_counter_of(index),
                    bytes.subspan(size));
  }
  bool open_first_rtp(const RtpPrefix& prefix, std::span<std::byte> bytes,
                      std::size_t size) noexcept;

  SrtpCipher rtp;
  SrtpCipher rtcp;
  const bool is_gcm;
  std::uint32_t kept = 0;
  SourceTable<RtpIndex, kRtpSourcesMax> rtp_sources;
  SourceTable<ReplayWindow, kRtcpSourcesMax> rtcp_sources;
  /// The last new source with a low number didn't open by a rollover counter of zero.
  bool suspects_wrap = false;
};

SrtpReceiver::SrtpReceiver(const SrtpKeys& keys) : state_(std::make_unique<State>(keys)) {}
SrtpReceiver::~SrtpReceiver() = default;

void SrtpReceiver::keep(std::uint32_t ssrc) noexcept { state_->kept = ssrc; }

/// Of a source that is not known.
bool SrtpReceiver::State::open_first_rtp(const RtpPrefix& prefix, std::span<std::byte> bytes,
                                         std::size_t size) noexcept {
  constexpr unsigned kLowSequences = 1U << 15U;
  if (rtp_sources.refuses(prefix.ssrc)) return false;
  const bool is_low = prefix.sequence < kLowSequences;
  RtpIndex indices(is_low && suspects_wrap ? 1 : 0);
  const auto index = indices.guess(prefix.sequence);
  if (!open_rtp(prefix, *index, bytes, size)) {
    if (is_low) suspects_wrap = !suspects_wrap;
    return false;
  }
  suspects_wrap = false;
  indices.note(*index);
  rtp_sources.add(prefix.ssrc, indices, kept);
  return true;
}

std::size_t SrtpReceiver::unprotect_rtp(std::span<std::byte> bytes) noexcept {
  State& s = *state_;
  const std::size_t tag_bytes = s.rtp.tag_bytes();
  if (bytes.size() < kRtpHeaderBytes + tag_bytes) return 0;
  const std::size_t size = bytes.size() - tag_bytes;
  const auto prefix = read_prefix(bytes.first(size));
  if (!prefix) return 0;
  RtpIndex* indices = s.rtp_sources.find(prefix->ssrc);
  if (indices == nullptr) return s.open_first_rtp(*prefix, bytes, size) ? size : 0;
  const auto index = indices->guess(prefix->sequence);
  if (!index || !indices->is_fresh(*index) || !s.open_rtp(*prefix, *index, bytes, size)) return 0;
  indices->note(*index);
  s.rtp_sources.note_heard(prefix->ssrc);
  return size;
}

std::size_t SrtpReceiver::unprotect_rtcp(std::span<std::byte> bytes) noexcept {
  State& s = *state_;
  const std::size_t tag_bytes = s.rtcp.tag_bytes();
  if (bytes.size() < kRtcpHeaderBytes + tag_bytes + kIndexBytes) return 0;
  const std::size_t size = bytes.size() - tag_bytes - kIndexBytes;
  const auto source = packet_source(bytes);
  if (!source || size > kPacketBytesMax) return 0;
  const std::size_t tag_at = s.is_gcm ? size : size + kIndexBytes;
  const std::size_t word_at = s.is_gcm ? size + tag_bytes : size;
  const std::uint32_t word = base::ByteReader(bytes.subspan(word_at)).u32();
  const std::uint32_t index = word & kRtcpIndexMax;
  // A report in the clear is none of what we negotiated.
  if ((word & kEncryptedFlag) == 0) return 0;
  ReplayWindow* known = s.rtcp_sources.find(source->ssrc);
  const bool is_refused =
      known == nullptr ? s.rtcp_sources.refuses(source->ssrc) : !known->is_fresh(index);
  if (is_refused || !s.rtcp.open(source->ssrc, index, bytes.first(kRtcpHeaderBytes),
                                 bytes.subspan(kRtcpHeaderBytes, size - kRtcpHeaderBytes), word,
                                 bytes.subspan(tag_at, tag_bytes))) {
    return 0;
  }
  if (known == nullptr) {
    ReplayWindow window;
    window.note(index);
    s.rtcp_sources.add(source->ssrc, window, s.kept);
  } else {
    known->note(index);
    s.rtcp_sources.note_heard(source->ssrc);
  }
  return size;
}

void SrtpReceiver::save(base::StateWriter& to) const noexcept {
  to.put(state_->kept);
  state_->rtp_sources.save(to);
  state_->rtcp_sources.save(to);
}

void SrtpReceiver::restore(base::StateReader& from) noexcept {
  from.get(state_->kept);
  state_->rtp_sources.restore(from);
  state_->rtcp_sources.restore(from);
}

}  // namespace shelcaster::rtc
