#include <cstdlib>

#include "rtc/stun/detail/stun_wire.hpp"
#include "rtc/stun/stun_message.hpp"

namespace shelcaster::rtc {

using namespace detail;

StunBuilder::StunBuilder(StunClass message_class, const StunTransactionId& transaction)
    : writer_(memory_) {
  const auto bits = static_cast<unsigned>(message_class);
  writer_.u16(static_cast<std::uint16_t>(kStunBinding | (bits & 2U) << 7U | (bits & 1U) << 4U));
  writer_.u16(0);
  writer_.u32(kStunMagicCookie);
  writer_.bytes(transaction);
}

void StunBuilder::attribute(std::uint16_t type, base::ByteSpan value) {
  writer_.u16(type);
  writer_.u16(static_cast<std::uint16_t>(value.size()));
  writer_.bytes(value);
  writer_.zeros((4 - value.size() % 4) % 4);
}

void StunBuilder::set_length(std::size_t attributes_bytes) {
  writer_.patch_u16(2, static_cast<std::uint16_t>(attributes_bytes));
}

StunBuilder& StunBuilder::username(std::string_view name) {
  attribute(kAttrUsername, base::as_bytes(name));
  return *this;
}

StunBuilder& StunBuilder::priority(std::uint32_t priority) {
  writer_.u16(kAttrPriority);
  writer_.u16(4);
  writer_.u32(priority);
  return *this;
}

StunBuilder& StunBuilder::use_candidate() {
  attribute(kAttrUseCandidate, {});
  return *this;
}

StunBuilder& StunBuilder::ice_controlling(std::uint64_t tie_breaker) {
  writer_.u16(kAttrIceControlling);
  writer_.u16(8);
  writer_.u64(tie_breaker);
  return *this;
}

StunBuilder& StunBuilder::ice_controlled(std::uint64_t tie_breaker) {
  writer_.u16(kAttrIceControlled);
  writer_.u16(8);
  writer_.u64(tie_breaker);
  return *this;
}

StunBuilder& StunBuilder::xor_mapped_address(const net::Endpoint& endpoint) {
  std::array<std::byte, 20> value{};
  const std::size_t address_bytes = endpoint.is_v4() ? 4 : 16;
  value[1] = endpoint.is_v4() ? std::byte{1} : std::byte{2};
  const auto port = static_cast<std::uint16_t>(endpoint.port() ^ (kStunMagicCookie >> 16U));
  value[2] = static_cast<std::byte>(port >> 8U);
  value[3] = static_cast<std::byte>(port & 0xffU);
  for (std::size_t i = 0; i < address_bytes; ++i) {
    value[4 + i] = static_cast<std::byte>(endpoint.address_bytes()[i]) ^ memory_[4 + i];
  }
  attribute(kAttrXorMappedAddress, base::ByteSpan(value).first(4 + address_bytes));
  return *this;
}

StunBuilder& StunBuilder::error_code(int code, std::string_view reason) {
  std::array<std::byte, 64> value{};
  base::ByteWriter writer(value);
  writer.u16(0);
  writer.u8(static_cast<std::uint8_t>(code / 100));
  writer.u8(static_cast<std::uint8_t>(code % 100));
  writer.bytes(base::as_bytes(reason));
  if (!writer.ok()) std::abort();
  attribute(kAttrErrorCode, writer.written());
  return *this;
}

StunBuilder& StunBuilder::unknown_attribute(std::uint16_t type) {
  const std::array<std::byte, 2> value{static_cast<std::byte>(type >> 8U),
                                       static_cast<std::byte>(type & 0xffU)};
  attribute(kAttrUnknownAttributes, value);
  return *this;
}

base::Bytes StunBuilder::finish(std::optional<std::string_view> key) {
  if (key) {
    set_length(writer_.size() + 4 + kIntegrityBytes - kStunHeaderBytes);
    attribute(kAttrMessageIntegrity, stun_integrity(writer_.written(), *key));
  }
  set_length(writer_.size() + 4 + kFingerprintBytes - kStunHeaderBytes);
  const std::uint32_t fingerprint = stun_fingerprint(writer_.written());
  writer_.u16(kAttrFingerprint);
  writer_.u16(kFingerprintBytes);
  writer_.u32(fingerprint);
  if (!writer_.ok()) std::abort();
  const base::ByteSpan written = writer_.written();
  return {written.begin(), written.end()};
}

}  // namespace shelcaster::rtc
