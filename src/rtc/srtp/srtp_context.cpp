#include "rtc/srtp/srtp_context.hpp"

#include <srtp2/srtp.h>

#include <array>
#include <cstdlib>
#include <utility>

namespace shelcaster::rtc {
namespace {

constexpr std::size_t kRtpHeaderBytes = 12;
constexpr std::size_t kRtcpHeaderBytes = 8;
constexpr std::size_t kPacketBytesMax = 65'535;
/// At 50 packets a second 1024 packets are 20 s: more than any reordering, less than 2^15.
constexpr unsigned long kReplayWindowPackets = 1024;

void start_library() {
  static const bool started = srtp_init() == srtp_err_status_ok;
  if (!started) std::abort();
}

detail::SrtpHandle make_context(SrtpProfile profile, const base::Bytes& key_salt,
                                srtp_ssrc_t ssrc) {
  start_library();
  if (key_salt.size() != key_salt_bytes(profile)) std::abort();

  // The policy wants a mutable key, though it only reads it.
  base::Bytes key = key_salt;
  srtp_policy_t policy{};
  if (profile == SrtpProfile::kAeadAes128Gcm) {
    srtp_crypto_policy_set_aes_gcm_128_16_auth(&policy.rtp);
    srtp_crypto_policy_set_aes_gcm_128_16_auth(&policy.rtcp);
  } else {
    srtp_crypto_policy_set_aes_cm_128_hmac_sha1_80(&policy.rtp);
    srtp_crypto_policy_set_aes_cm_128_hmac_sha1_80(&policy.rtcp);
  }
  policy.ssrc = ssrc;
  policy.key = reinterpret_cast<unsigned char*>(key.data());
  policy.window_size = kReplayWindowPackets;
  policy.allow_repeat_tx = 0;

  srtp_t context = nullptr;
  if (srtp_create(&context, &policy) != srtp_err_status_ok) std::abort();
  return detail::SrtpHandle(context);
}

srtp_ssrc_t specific(std::uint32_t ssrc) { return {.type = ssrc_specific, .value = ssrc}; }

using Transform = srtp_err_status_t (*)(srtp_t, void*, int*);

std::size_t transform(Transform function, srtp_t context, std::span<std::byte> bytes,
                      std::size_t size) noexcept {
  if (size > kPacketBytesMax) return 0;
  int length = static_cast<int>(size);
  if (function(context, bytes.data(), &length) != srtp_err_status_ok || length < 0) return 0;
  return static_cast<std::size_t>(length);
}

bool has_room(std::span<std::byte> bytes, std::size_t size) noexcept {
  return size <= bytes.size() && bytes.size() - size >= kSrtpOverheadBytesMax;
}

}  // namespace

void detail::FreeSrtp::operator()(srtp_ctx_t_* context) const noexcept { srtp_dealloc(context); }

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

SrtpSender::SrtpSender(const SrtpKeys& keys, std::uint32_t ssrc)
    : context_(make_context(keys.profile, keys.local_key_salt, specific(ssrc))) {}

std::size_t SrtpSender::protect_rtp(std::span<std::byte> bytes, std::size_t size) noexcept {
  if (size < kRtpHeaderBytes || !has_room(bytes, size)) return 0;
  return transform(srtp_protect, context_.get(), bytes, size);
}

std::size_t SrtpSender::protect_rtcp(std::span<std::byte> bytes, std::size_t size) noexcept {
  if (size < kRtcpHeaderBytes || !has_room(bytes, size)) return 0;
  return transform(srtp_protect_rtcp, context_.get(), bytes, size);
}

SrtpReceiver::SrtpReceiver(const SrtpKeys& keys, std::uint32_t ssrc, std::uint32_t rollover_counter)
    : context_(make_context(keys.profile, keys.remote_key_salt, specific(ssrc))) {
  if (rollover_counter == 0) return;
  if (srtp_set_stream_roc(context_.get(), ssrc, rollover_counter) != srtp_err_status_ok) {
    std::abort();
  }
}

std::size_t SrtpReceiver::unprotect_rtp(std::span<std::byte> bytes) noexcept {
  if (bytes.size() < kRtpHeaderBytes) return 0;
  return transform(srtp_unprotect, context_.get(), bytes, bytes.size());
}

std::size_t SrtpReceiver::unprotect_rtcp(std::span<std::byte> bytes) noexcept {
  if (bytes.size() < kRtcpHeaderBytes) return 0;
  return transform(srtp_unprotect_rtcp, context_.get(), bytes, bytes.size());
}

InboundProbe::InboundProbe(SrtpKeys keys) : keys_(std::move(keys)) {}

std::optional<PacketSource> InboundProbe::authenticate(base::ByteSpan packet) const {
  const std::optional<PacketSource> source = packet_source(packet);
  if (!source) return std::nullopt;
  const auto context =
      make_context(keys_.profile, keys_.remote_key_salt, {.type = ssrc_any_inbound, .value = 0});
  base::Bytes copy(packet.begin(), packet.end());
  const std::size_t size = transform(source->is_rtcp ? srtp_unprotect_rtcp : srtp_unprotect,
                                     context.get(), copy, copy.size());
  if (size == 0) return std::nullopt;
  return source;
}

}  // namespace shelcaster::rtc
