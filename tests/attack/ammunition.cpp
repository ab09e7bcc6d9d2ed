#include "ammunition.hpp"

#include <algorithm>
#include <cstdlib>
#include <iterator>

#include "rtc/dtls/dtls_session.hpp"
#include "rtc/stun/stun_message.hpp"
#include "runtime/system_clock.hpp"

namespace shelcaster::attack {
namespace {

constexpr std::size_t kDatagrams = 256;
constexpr std::size_t kDatagramBytesMax = 1'200;

base::Bytes random_bytes(base::Random& random, std::size_t size) {
  base::Bytes bytes(size);
  random.fill(bytes);
  return bytes;
}

base::Bytes check(base::Random& random, const std::string& ufrag, const std::string& password) {
  rtc::StunTransactionId id{};
  random.fill(id);
  return rtc::StunBuilder(rtc::StunClass::kRequest, id)
      .username(ufrag + ":" + random.token(8))
      .priority(random.u32())
      .ice_controlling(random.u64())
      .use_candidate()
      .finish(password);
}

base::Bytes client_hello() {
  const auto certificate = rtc::DtlsCertificate::make();
  if (!certificate) std::abort();
  rtc::DtlsSession client(**certificate, rtc::DtlsRole::kClient, {});
  client.start(runtime::SystemClock::now());
  const auto hello = client.poll_transmit();
  if (!hello) std::abort();
  return *hello;
}

/// A handshake record of a random type with random or fragmented contents (RFC 6347 section 4).
base::Bytes handshake(base::Random& random) {
  base::Bytes bytes = random_bytes(random, 25 + random.below(600));
  bytes[0] = std::byte{22};
  bytes[1] = std::byte{0xfe};
  bytes[2] = std::byte{0xfd};
  bytes[3] = bytes[4] = std::byte{0};
  const std::size_t length = bytes.size() - 13;
  bytes[11] = static_cast<std::byte>(length >> 8U);
  bytes[12] = static_cast<std::byte>(length & 0xffU);
  bytes[13] = static_cast<std::byte>(random.below(21));
  return bytes;
}

/// Bits are flipped behind the header, so that the source stays right.
base::Bytes damaged(base::Random& random, base::Bytes packet) {
  for (std::size_t i = 12; i < packet.size(); ++i) {
    packet[i] ^= static_cast<std::byte>(random.below(256));
  }
  // A sequence number of its own each, so that it isn't refused as a copy.
  packet[2] = static_cast<std::byte>(random.below(256));
  packet[3] = static_cast<std::byte>(random.below(256));
  return packet;
}

base::Bytes rtcp_garbage(base::Random& random, const base::Bytes& packet) {
  base::Bytes bytes = random_bytes(random, 8 + 4 * random.below(200));
  bytes[0] = std::byte{0x81};
  bytes[1] = static_cast<std::byte>(200 + random.below(8));
  std::copy_n(packet.begin() + 8, 4, bytes.begin() + 4);
  return bytes;
}

bool is_rtcp(const base::Bytes& packet) {
  const auto type = std::to_integer<unsigned>(packet[1]);
  return type >= 192 && type <= 223;
}

}  // namespace

std::optional<Kind> kind_of(std::string_view name) {
  const auto* found = std::find(std::begin(kNames), std::end(kNames), name);
  if (found == std::end(kNames)) return std::nullopt;
  return static_cast<Kind>(found - std::begin(kNames));
}

bool needs_insider(Kind kind) {
  return kind == Kind::kStunWrong || kind == Kind::kStunRight || kind == Kind::kRtpReplay ||
         kind == Kind::kRtpSpoof || kind == Kind::kRtcpGarbage;
}

std::vector<base::Bytes> make_datagrams(Kind kind, base::Random& random,
                                        const rtc::IceCredentials& server_ice,
                                        const std::vector<base::Bytes>& recorded) {
  std::vector<base::Bytes> rtp;
  std::ranges::copy_if(recorded, std::back_inserter(rtp),
                       [](const base::Bytes& packet) { return !is_rtcp(packet); });
  if (needs_insider(kind) && rtp.empty()) std::abort();
  if (kind == Kind::kRtpReplay) return recorded;
  const base::Bytes hello = kind == Kind::kClientHello ? client_hello() : base::Bytes{};
  std::vector<base::Bytes> datagrams;
  for (std::size_t i = 0; i < kDatagrams; ++i) {
    switch (kind) {
      case Kind::kGarbage:
        datagrams.push_back(random_bytes(random, 1 + random.below(kDatagramBytesMax)));
        break;
      case Kind::kStunUnknown:
        datagrams.push_back(check(random, random.token(8), random.token(24)));
        break;
      case Kind::kStunWrong:
        datagrams.push_back(check(random, server_ice.ufrag, random.token(24)));
        break;
      case Kind::kStunRight:
        datagrams.push_back(check(random, server_ice.ufrag, std::string(server_ice.pwd)));
        break;
      case Kind::kClientHello:
        datagrams.push_back(hello);
        break;
      case Kind::kHandshake:
        datagrams.push_back(handshake(random));
        break;
      case Kind::kRtpReplay:
        break;
      case Kind::kRtpSpoof:
        datagrams.push_back(damaged(random, rtp[i % rtp.size()]));
        break;
      case Kind::kRtcpGarbage:
        datagrams.push_back(rtcp_garbage(random, rtp[i % rtp.size()]));
        break;
    }
  }
  return datagrams;
}

}  // namespace shelcaster::attack
