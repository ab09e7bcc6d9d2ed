#include "rtc/srtp/srtp_context.hpp"

#include <gtest/gtest.h>
#include <srtp2/srtp.h>

#include <array>
#include <string>
#include <vector>

#include "base/allocation_counter_for_tests.hpp"

namespace shelcaster::rtc {
namespace {

constexpr std::uint32_t kSsrc = 0xcafebabe;

template <typename T = base::Bytes>
T from_hex(std::string_view hex) {
  T bytes;
  for (std::size_t i = 0; i + 1 < hex.size(); i += 2) {
    bytes.push_back(static_cast<std::byte>(std::stoi(std::string(hex.substr(i, 2)), nullptr, 16)));
  }
  return bytes;
}

base::SecretBytes secret(SrtpProfile profile, unsigned seed) {
  base::SecretBytes bytes(key_salt_bytes(profile));
  for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<std::byte>(i * 7 + seed);
  return bytes;
}

SrtpKeys our_keys(SrtpProfile profile) {
  return {.profile = profile,
          .local_key_salt = secret(profile, 1),
          .remote_key_salt = secret(profile, 99)};
}

SrtpKeys peers_keys(SrtpProfile profile) {
  SrtpKeys keys = our_keys(profile);
  std::swap(keys.local_key_salt, keys.remote_key_salt);
  return keys;
}

struct Packet {
  std::array<std::byte, 1500> bytes{};
  std::size_t size = 0;
  [[nodiscard]] std::span<std::byte> span() { return std::span(bytes).first(size); }
};

Packet plain_rtp(std::uint16_t sequence, std::uint32_t ssrc = kSsrc) {
  Packet packet;
  base::ByteWriter writer(packet.bytes);
  writer.u8(0x80);
  writer.u8(111);
  writer.u16(sequence);
  writer.u32(sequence * 960U);
  writer.u32(ssrc);
  writer.bytes(base::as_bytes("a voice"));
  packet.size = writer.size();
  return packet;
}

Packet plain_rtcp(std::uint32_t ssrc = kSsrc) {
  Packet packet;
  base::ByteWriter writer(packet.bytes);
  writer.u8(0x80);
  writer.u8(201);
  writer.u16(1);
  writer.u32(ssrc);
  packet.size = writer.size();
  return packet;
}

Packet protected_rtp(SrtpSender& sender, std::uint16_t sequence, std::uint32_t ssrc = kSsrc) {
  Packet packet = plain_rtp(sequence, ssrc);
  packet.size = sender.protect_rtp(packet.bytes, packet.size);
  return packet;
}

class Srtp : public ::testing::TestWithParam<SrtpProfile> {};
INSTANTIATE_TEST_SUITE_P(BothProfiles, Srtp,
                         ::testing::Values(SrtpProfile::kAeadAes128Gcm,
                                           SrtpProfile::kAes128CmSha1_80));

TEST_P(Srtp, OpensWhatThePeerProtected) {
  SrtpSender sender(our_keys(GetParam()), kSsrc);
  SrtpReceiver receiver(peers_keys(GetParam()));
  Packet packet = protected_rtp(sender, 7);
  ASSERT_GT(packet.size, plain_rtp(7).size);
  EXPECT_EQ(base::as_text(packet.span()).find("a voice"), std::string_view::npos);
  packet.size = receiver.unprotect_rtp(packet.span());
  Packet expected = plain_rtp(7);
  EXPECT_EQ(base::as_text(packet.span()), base::as_text(expected.span()));

  Packet report = plain_rtcp();
  report.size = sender.protect_rtcp(report.bytes, report.size);
  report.size = receiver.unprotect_rtcp(report.span());
  EXPECT_EQ(base::as_text(report.span()), base::as_text(plain_rtcp().span()));
}

TEST_P(Srtp, RefusesAReplayedPacket) {
  SrtpSender sender(our_keys(GetParam()), kSsrc);
  SrtpReceiver receiver(peers_keys(GetParam()));
  const Packet original = protected_rtp(sender, 7);
  Packet first = original;
  EXPECT_GT(receiver.unprotect_rtp(first.span()), 0U);
  Packet replay = original;
  EXPECT_EQ(receiver.unprotect_rtp(replay.span()), 0U);

  Packet report = plain_rtcp();
  report.size = sender.protect_rtcp(report.bytes, report.size);
  Packet replayed_report = report;
  EXPECT_GT(receiver.unprotect_rtcp(report.span()), 0U);
  EXPECT_EQ(receiver.unprotect_rtcp(replayed_report.span()), 0U);
}

TEST_P(Srtp, RefusesAChangedPacketAndStaysUsable) {
  SrtpSender sender(our_keys(GetParam()), kSsrc);
  SrtpReceiver receiver(peers_keys(GetParam()));
  Packet first = protected_rtp(sender, 6);
  EXPECT_GT(receiver.unprotect_rtp(first.span()), 0U);
  const Packet original = protected_rtp(sender, 7);
  for (std::size_t i = 0; i < original.size; ++i) {
    Packet changed = original;
    changed.bytes[i] ^= std::byte{1};
    EXPECT_EQ(receiver.unprotect_rtp(changed.span()), 0U) << "byte " << i;
  }
  Packet untouched = original;
  EXPECT_GT(receiver.unprotect_rtp(untouched.span()), 0U);
}

TEST_P(Srtp, FollowsTheSequenceNumberOverItsWrap) {
  SrtpSender sender(our_keys(GetParam()), kSsrc);
  SrtpReceiver receiver(peers_keys(GetParam()));
  std::vector<Packet> packets;
  for (unsigned i = 0; i < 20; ++i) {
    packets.push_back(protected_rtp(sender, static_cast<std::uint16_t>(65'526 + i)));
  }
  std::swap(packets[9], packets[10]);  // reordered right over the wrap
  for (Packet& packet : packets) EXPECT_GT(receiver.unprotect_rtp(packet.span()), 0U);
}

TEST_P(Srtp, OpensASourceWhosePacketsBeforeItsFirstWrapWereLost) {
  SrtpSender sender(our_keys(GetParam()), kSsrc);
  SrtpReceiver receiver(peers_keys(GetParam()));
  int opened = 0;
  for (unsigned i = 0; i < 70'000; ++i) {
    Packet packet = protected_rtp(sender, static_cast<std::uint16_t>(65'530 + i));
    if (i >= 10) opened += receiver.unprotect_rtp(packet.span()) > 0 ? 1 : 0;
  }
  EXPECT_EQ(opened, 70'000 - 11) << "one that was taken for the first of all";
}

TEST_P(Srtp, NeverProtectsTwoPacketsWithOneSequenceNumber) {
  SrtpSender sender(our_keys(GetParam()), kSsrc);
  EXPECT_GT(protected_rtp(sender, 7).size, 0U);
  EXPECT_EQ(protected_rtp(sender, 7).size, 0U);
}

TEST_P(Srtp, KnowsTheLastFourSourcesAndWhatTheyHaveSent) {
  SrtpReceiver receiver(peers_keys(GetParam()));
  receiver.keep(1);
  std::vector<Packet> recorded;
  const auto send = [&](std::uint32_t ssrc, std::uint16_t sequence) {
    SrtpSender sender(our_keys(GetParam()), ssrc);
    Packet packet = protected_rtp(sender, sequence, ssrc);
    recorded.push_back(packet);
    return receiver.unprotect_rtp(packet.span()) > 0;
  };
  for (const std::uint32_t ssrc : {1U, 2U, 3U, 4U, 1U, 3U}) {
    EXPECT_TRUE(send(ssrc, static_cast<std::uint16_t>(recorded.size()))) << ssrc;
  }
  EXPECT_TRUE(send(5, 0)) << "in place of the one that was silent for the longest time";
  EXPECT_FALSE(send(2, 100)) << "which is forgotten, and refused";
  for (const std::uint32_t ssrc : {1U, 3U, 4U, 5U}) EXPECT_TRUE(send(ssrc, 200)) << ssrc;
  for (Packet& packet : recorded) EXPECT_EQ(receiver.unprotect_rtp(packet.span()), 0U);
}

TEST_P(Srtp, KeepsOneSourceHoweverManyOthersCome) {
  SrtpReceiver receiver(peers_keys(GetParam()));
  receiver.keep(kSsrc);
  SrtpSender sender(our_keys(GetParam()), kSsrc);
  Packet first = protected_rtp(sender, 1);
  EXPECT_GT(receiver.unprotect_rtp(first.span()), 0U);
  for (std::uint32_t ssrc = 1; ssrc <= 100; ++ssrc) {
    SrtpSender other(our_keys(GetParam()), ssrc);
    Packet packet = protected_rtp(other, 1, ssrc);
    EXPECT_GT(receiver.unprotect_rtp(packet.span()), 0U);
    Packet report = plain_rtcp(ssrc);
    report.size = other.protect_rtcp(report.bytes, report.size);
    EXPECT_GT(receiver.unprotect_rtcp(report.span()), 0U);
  }
  Packet next = protected_rtp(sender, 2);
  EXPECT_GT(receiver.unprotect_rtp(next.span()), 0U);
}

TEST_P(Srtp, RemembersItsSourcesInAnotherProcess) {
  SrtpReceiver receiver(peers_keys(GetParam()));
  std::vector<Packet> recorded;
  for (std::uint32_t ssrc = 1; ssrc <= 70; ++ssrc) {
    SrtpSender sender(our_keys(GetParam()), ssrc);
    Packet packet = protected_rtp(sender, 7, ssrc);
    recorded.push_back(packet);
    EXPECT_GT(receiver.unprotect_rtp(packet.span()), 0U);
  }
  std::array<std::byte, SrtpReceiver::kStateBytes> memory{};
  base::StateWriter to(memory);
  receiver.save(to);
  ASSERT_TRUE(to.ok());
  SrtpReceiver next(peers_keys(GetParam()));
  base::StateReader from(base::ByteSpan(memory).first(to.size()));
  next.restore(from);
  ASSERT_TRUE(from.ok());
  for (std::size_t i = 2; i < recorded.size(); ++i) {
    EXPECT_EQ(next.unprotect_rtp(recorded[i].span()), 0U) << i;
  }
}

TEST_P(Srtp, RefusesPacketsWithoutRoomOrTooShort) {
  SrtpSender sender(our_keys(GetParam()), kSsrc);
  SrtpReceiver receiver(peers_keys(GetParam()));
  Packet packet = plain_rtp(1);
  EXPECT_EQ(sender.protect_rtp(packet.span(), packet.size), 0U);
  EXPECT_EQ(sender.protect_rtp(packet.bytes, 5), 0U);
  for (std::size_t size = 0; size < 40; ++size) {
    Packet zeros;
    zeros.size = size;
    EXPECT_EQ(receiver.unprotect_rtp(zeros.span()), 0U);
    EXPECT_EQ(receiver.unprotect_rtcp(zeros.span()), 0U);
  }
}

TEST_P(Srtp, TakesNothingOfAStrangerForANewSource) {
  SrtpKeys strange = our_keys(GetParam());
  strange.local_key_salt[3] ^= std::byte{1};
  SrtpSender stranger(strange, kSsrc);
  SrtpReceiver receiver(peers_keys(GetParam()));
  for (std::uint16_t i = 0; i < 10; ++i) {
    Packet packet = protected_rtp(stranger, i);
    EXPECT_EQ(receiver.unprotect_rtp(packet.span()), 0U);
  }
  EXPECT_EQ(receiver.unprotect_rtp(plain_rtp(7).span()), 0U);
  EXPECT_EQ(receiver.unprotect_rtp({}), 0U);
  SrtpSender peer(our_keys(GetParam()), kSsrc);
  int opened = 0;
  for (std::uint16_t i = 0; i < 10; ++i) {
    Packet packet = protected_rtp(peer, i);
    opened += receiver.unprotect_rtp(packet.span()) > 0 ? 1 : 0;
  }
  EXPECT_GE(opened, 9);
}

/// The reference implementation, with the peer's keys.
class Libsrtp {
 public:
  Libsrtp(SrtpProfile profile, const base::SecretBytes& key_salt, srtp_ssrc_type_t direction) {
    [[maybe_unused]] static const auto started = srtp_init();
    srtp_policy_t policy{};
    if (profile == SrtpProfile::kAeadAes128Gcm) {
      srtp_crypto_policy_set_aes_gcm_128_16_auth(&policy.rtp);
      srtp_crypto_policy_set_aes_gcm_128_16_auth(&policy.rtcp);
    } else {
      srtp_crypto_policy_set_aes_cm_128_hmac_sha1_80(&policy.rtp);
      srtp_crypto_policy_set_aes_cm_128_hmac_sha1_80(&policy.rtcp);
    }
    base::SecretBytes key = key_salt;
    policy.ssrc = {.type = direction, .value = 0};
    policy.key = reinterpret_cast<unsigned char*>(key.data());
    policy.window_size = 1024;
    EXPECT_EQ(srtp_create(&context_, &policy), srtp_err_status_ok);
  }
  ~Libsrtp() { srtp_dealloc(context_); }
  Libsrtp(const Libsrtp&) = delete;
  Libsrtp& operator=(const Libsrtp&) = delete;

  void run(srtp_err_status_t (*function)(srtp_t, void*, int*), Packet& packet) {
    int size = static_cast<int>(packet.size);
    EXPECT_EQ(function(context_, packet.bytes.data(), &size), srtp_err_status_ok);
    packet.size = static_cast<std::size_t>(size);
  }

 private:
  srtp_t context_ = nullptr;
};

Packet rtp_with_extension(std::uint16_t sequence) {
  Packet packet;
  base::ByteWriter writer(packet.bytes);
  writer.u8(0x91);  // one contributing source and an extension
  writer.u8(111);
  writer.u16(sequence);
  writer.u32(1);
  writer.u32(kSsrc);
  writer.u32(99);
  writer.u32(0xbede0001);
  writer.u32(0x10ff0000);
  writer.bytes(base::as_bytes("a voice of some length, to fill more than one block of AES"));
  packet.size = writer.size();
  return packet;
}

TEST_P(Srtp, AgreesWithLibsrtpInBothDirectionsOverTheWrap) {
  const SrtpKeys keys = our_keys(GetParam());
  SrtpSender sender(keys, kSsrc);
  SrtpReceiver receiver(keys);
  Libsrtp their_receiver(GetParam(), keys.local_key_salt, ssrc_any_inbound);
  Libsrtp their_sender(GetParam(), keys.remote_key_salt, ssrc_any_outbound);
  for (unsigned i = 0; i < 200; ++i) {
    const auto sequence = static_cast<std::uint16_t>(65'436 + i);
    Packet plain = i % 2 == 0 ? rtp_with_extension(sequence) : plain_rtp(sequence);
    Packet ours = plain;
    ours.size = sender.protect_rtp(ours.bytes, ours.size);
    their_receiver.run(srtp_unprotect, ours);
    ASSERT_EQ(base::as_text(ours.span()), base::as_text(plain.span())) << i;
    Packet theirs = plain;
    their_sender.run(srtp_protect, theirs);
    theirs.size = receiver.unprotect_rtp(theirs.span());
    ASSERT_EQ(base::as_text(theirs.span()), base::as_text(plain.span())) << i;

    Packet report = plain_rtcp();
    report.size = sender.protect_rtcp(report.bytes, report.size);
    their_receiver.run(srtp_unprotect_rtcp, report);
    ASSERT_EQ(base::as_text(report.span()), base::as_text(plain_rtcp().span())) << i;
    their_sender.run(srtp_protect_rtcp, report);
    report.size = receiver.unprotect_rtcp(report.span());
    ASSERT_EQ(base::as_text(report.span()), base::as_text(plain_rtcp().span())) << i;
  }
}

TEST_P(Srtp, RefusesWhatIsOlderThanTheReplayWindow) {
  SrtpSender sender(our_keys(GetParam()), kSsrc);
  SrtpReceiver receiver(peers_keys(GetParam()));
  Packet old = protected_rtp(sender, 1000);
  Packet still_inside = protected_rtp(sender, 1001);
  for (unsigned i = 1002; i <= 2024; ++i) {
    Packet packet = protected_rtp(sender, static_cast<std::uint16_t>(i));
    ASSERT_GT(receiver.unprotect_rtp(packet.span()), 0U);
  }
  EXPECT_EQ(receiver.unprotect_rtp(old.span()), 0U);
  EXPECT_GT(receiver.unprotect_rtp(still_inside.span()), 0U);
}

TEST_P(Srtp, DoesNotAllocateInTheSteadyState) {
  if (!testing::kCountsAllocations) GTEST_SKIP() << "the sanitizer owns malloc";
  SrtpSender sender(our_keys(GetParam()), kSsrc);
  SrtpReceiver receiver(peers_keys(GetParam()));
  const auto exchange = [&](std::uint16_t sequence) {
    Packet packet = protected_rtp(sender, sequence);
    Packet report = plain_rtcp();
    report.size = sender.protect_rtcp(report.bytes, report.size);
    return receiver.unprotect_rtp(packet.span()) > 0 && receiver.unprotect_rtcp(report.span()) > 0;
  };
  ASSERT_TRUE(exchange(0));
  const std::int64_t before = testing::allocation_count();
  for (std::uint16_t i = 1; i <= 100; ++i) ASSERT_TRUE(exchange(i));
  EXPECT_EQ(testing::allocation_count() - before, 0);
}

// RFC 7714 §16.1.1: AES-128-GCM, the RTP packet that carries "Gallia est omnis divisa…". The
// session key and salt there are not derived, so what is compared here is the derivation and packet
// of libsrtp's own test driver: a master key of 00 01 … 0f and salt a0 … ab, SSRC cafebabe.
TEST(SrtpVectors, GcmPacketIsTheReferenceOne) {
  const auto key =
      from_hex<base::SecretBytes>("000102030405060708090a0b0c0d0e0fa0a1a2a3a4a5a6a7a8a9aaab");
  SrtpSender sender({SrtpProfile::kAeadAes128Gcm, key, key}, kSsrc);
  const base::Bytes plain = from_hex("800f1234decafbadcafebabeabababababababababababababababab");
  Packet packet;
  std::copy(plain.begin(), plain.end(), packet.bytes.begin());
  packet.size = sender.protect_rtp(packet.bytes, plain.size());
  const base::Bytes expected = from_hex(
      "800f1234decafbadcafebabec5002ede04cfdd2eb91159e0880aa06ed2976826f796b201df3131a127e8a392");
  EXPECT_EQ(base::as_text(packet.span()), base::as_text(expected));
}

// libsrtp's srtp_validate(): the same packet by AES-CM and HMAC-SHA1-80, with the master key and
// salt of RFC 3711 appendix B.3.
TEST(SrtpVectors, CounterModePacketIsTheReferenceOne) {
  const auto key =
      from_hex<base::SecretBytes>("e1f97a0d3e018be0d64fa32c06de41390ec675ad498afeebb6960b3aabe6");
  SrtpSender sender({SrtpProfile::kAes128CmSha1_80, key, key}, kSsrc);
  const base::Bytes plain = from_hex("800f1234decafbadcafebabeabababababababababababababababab");
  Packet packet;
  std::copy(plain.begin(), plain.end(), packet.bytes.begin());
  packet.size = sender.protect_rtp(packet.bytes, plain.size());
  const base::Bytes expected =
      from_hex("800f1234decafbadcafebabe4e55dc4ce79978d88ca4d215949d2402b78d6acc99ea179b8dbb");
  EXPECT_EQ(base::as_text(packet.span()), base::as_text(expected));
}

}  // namespace
}  // namespace shelcaster::rtc
