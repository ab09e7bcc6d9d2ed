#include "rtc/dtls/dtls_session.hpp"

#include <gtest/gtest.h>

#include <set>

#include "base/random.hpp"
#include "rtc/dtls/openssl_clock_for_tests.hpp"

namespace shelcaster::rtc {
namespace {

using State = DtlsSession::State;

const DtlsCertificate& certificate(int which) {
  static const auto first = DtlsCertificate::make();
  static const auto second = DtlsCertificate::make();
  return which == 0 ? **first : **second;
}

/// A client and a server on a wire that loses a share of the datagrams, in virtual time.
struct Wire {
  explicit Wire(std::uint64_t seed = 1) : random(seed) { set_openssl_clock(now); }

  DtlsSession client{certificate(0), DtlsRole::kClient, certificate(1).fingerprint()};
  DtlsSession server{certificate(1), DtlsRole::kServer, certificate(0).fingerprint()};
  base::SeededRandom random;
  double loss = 0;
  base::Instant now = base::Instant::from_nanoseconds(1'000'000'000);
  std::size_t datagram_bytes_max = 0;

  bool carry(DtlsSession& from, DtlsSession& to) {
    bool any = false;
    while (auto bytes = from.poll_transmit()) {
      any = true;
      datagram_bytes_max = std::max(datagram_bytes_max, bytes->size());
      if (random.unit() >= loss) to.handle_datagram(now, *bytes);
    }
    return any;
  }
  bool carry_both_ways(DtlsSession& one, DtlsSession& other) {
    const bool there = carry(one, other);
    const bool back = carry(other, one);
    return there || back;
  }
  void exchange() {
    while (carry_both_ways(client, server)) continue;
  }
  void run(base::Duration length) {
    const base::Instant end = now + length;
    exchange();
    for (;;) {
      const base::Instant next = std::min(client.next_timeout(), server.next_timeout());
      if (next > end) break;
      now = std::max(now, next);
      set_openssl_clock(now);
      client.handle_timeout(now);
      server.handle_timeout(now);
      exchange();
    }
    now = end;
    set_openssl_clock(now);
  }
};

TEST(DtlsCertificate, IsDifferentEachTime) {
  EXPECT_NE(certificate(0).fingerprint(), certificate(1).fingerprint());
}

TEST(DtlsSession, GivesBothSidesTheSameKeysTheOtherWayRound) {
  Wire wire;
  wire.client.start(wire.now);
  wire.exchange();
  ASSERT_EQ(wire.client.state(), State::kConnected) << wire.client.failure();
  ASSERT_EQ(wire.server.state(), State::kConnected) << wire.server.failure();
  const SrtpKeys& c = wire.client.keys();
  const SrtpKeys& s = wire.server.keys();
  EXPECT_EQ(c.profile, SrtpProfile::kAeadAes128Gcm);
  EXPECT_EQ(c.local_key_salt.size(), 28U);
  EXPECT_EQ(c.local_key_salt, s.remote_key_salt);
  EXPECT_EQ(c.remote_key_salt, s.local_key_salt);
  EXPECT_NE(c.local_key_salt, c.remote_key_salt);
  EXPECT_LE(wire.datagram_bytes_max, 1200U);
  EXPECT_TRUE(wire.client.next_timeout().is_never());
}

TEST(DtlsSession, SurvivesALossyWireInVirtualTime) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    Wire wire(seed);
    wire.loss = 0.3;
    wire.client.start(wire.now);
    wire.run(std::chrono::seconds(25));
    EXPECT_EQ(wire.client.state(), State::kConnected) << seed << ' ' << wire.client.failure();
    EXPECT_EQ(wire.server.state(), State::kConnected) << seed << ' ' << wire.server.failure();
    EXPECT_EQ(wire.client.keys().local_key_salt, wire.server.keys().remote_key_salt);
  }
}

TEST(DtlsSession, FailsOnBothSidesWhenTheFingerprintIsAnother) {
  Wire wire;
  DtlsSession wrong(certificate(1), DtlsRole::kServer, certificate(1).fingerprint());
  wire.client.start(wire.now);
  while (wire.carry_both_ways(wire.client, wrong)) continue;
  EXPECT_EQ(wrong.state(), State::kFailed);
  EXPECT_NE(wrong.failure().find("fingerprint"), std::string::npos) << wrong.failure();
  EXPECT_EQ(wire.client.state(), State::kFailed);
}

TEST(DtlsSession, TellsThePeerThatItCloses) {
  Wire wire;
  wire.client.start(wire.now);
  wire.exchange();
  wire.client.close(wire.now);
  wire.exchange();
  EXPECT_EQ(wire.client.state(), State::kClosed);
  EXPECT_EQ(wire.server.state(), State::kClosed);
}

TEST(DtlsSession, GivesUpOnAPeerThatNeverAnswers) {
  Wire wire;
  wire.loss = 1;
  wire.client.start(wire.now);
  wire.run(std::chrono::seconds(60));
  EXPECT_EQ(wire.client.state(), State::kFailed);
}

TEST(DtlsSession, IgnoresGarbageInTheMiddleOfAHandshake) {
  Wire wire;
  wire.client.start(wire.now);
  base::Bytes garbage(100);
  for (int i = 0; i < 50; ++i) {
    wire.random.fill(garbage);
    garbage[0] = std::byte{22};
    wire.server.handle_datagram(wire.now, garbage);
  }
  wire.exchange();
  EXPECT_EQ(wire.server.state(), State::kConnected) << wire.server.failure();
}

}  // namespace
}  // namespace shelcaster::rtc
