#include "rtc/peer/transport.hpp"

#include <gtest/gtest.h>

#include <optional>

#include "rtc/dtls/dtls_session.hpp"
#include "rtc/dtls/openssl_clock_for_tests.hpp"
#include "rtc/peer/demux.hpp"
#include "rtc/peer/lossy_wire_for_tests.hpp"

namespace shelcaster::rtc {

/// For the other tests in this executable, which can't include the clock a second time.
void move_openssl_clock(base::Instant now);
void move_openssl_clock(base::Instant now) { set_openssl_clock(now); }

namespace {

using namespace std::chrono_literals;

const net::Endpoint kServerAt = net::Endpoint::v4({203, 0, 113, 1}, 9000);
const net::Endpoint kHome = net::Endpoint::v4({192, 0, 2, 1}, 40000);
const net::Endpoint kMobile = net::Endpoint::v4({198, 51, 100, 7}, 50000);
const base::Instant kStart = base::Instant::from_nanoseconds(1'000'000'000);

const DtlsCertificate& certificate(int which) {
  static const auto first = DtlsCertificate::make();
  static const auto second = DtlsCertificate::make();
  return which == 0 ? **first : **second;
}

/// A Transport on the wire and what it told.
struct Side {
  Side(LossyWire& wire, const TransportConfig& config, base::Random& random, net::Endpoint at)
      : transport(config, random, wire.now()) {
    WireEnd end;
    end.address = at;
    end.handle_datagram = [this](base::Instant now, const net::Datagram& datagram) {
      transport.handle_datagram(now, SortedDatagram(datagram));
    };
    end.handle_timeout = [this](base::Instant now) { transport.handle_timeout(now); };
    end.drain = [this](const auto& send) { return drain(send); };
    index = wire.add(std::move(end));
  }

  base::Instant drain(const std::function<void(const net::Transmit&)>& send) {
    for (;;) {
      const TransportOutput output = transport.poll_output();
      if (const auto* timeout = std::get_if<Timeout>(&output)) return timeout->at;
      if (const auto* transmit = std::get_if<net::Transmit>(&output)) {
        send(*transmit);
      } else {
        note(std::get<TransportEvent>(output));
      }
    }
  }
  void note(const TransportEvent& event) {
    EXPECT_FALSE(closed) << "Closed must be the last event";
    if (const auto* c = std::get_if<Connected>(&event)) {
      EXPECT_FALSE(connected);
      connected = *c;
      remote = c->remote;
    } else if (const auto* r = std::get_if<RemoteChanged>(&event)) {
      remote = r->remote;
    } else {
      closed = std::get<Closed>(event).reason;
    }
  }

  Transport transport;
  std::size_t index = 0;
  std::optional<Connected> connected;
  std::optional<net::Endpoint> remote;
  std::optional<std::string> closed;
};

struct TransportOnWire : testing::Test {
  void SetUp() override {
    set_openssl_clock(kStart);
    server_config = {.ice_role = IceRole::kServerLite,
                     .dtls_role = DtlsRole::kServer,
                     .local_ice = make_ice_credentials(random),
                     .remote_ice = make_ice_credentials(random),
                     .remote_fingerprint = certificate(1).fingerprint(),
                     .certificate = &certificate(0),
                     .remote_candidates = {}};
    client_config = {.ice_role = IceRole::kClientControlling,
                     .dtls_role = DtlsRole::kClient,
                     .local_ice = server_config.remote_ice,
                     .remote_ice = server_config.local_ice,
                     .remote_fingerprint = certificate(0).fingerprint(),
                     .certificate = &certificate(1),
                     .remote_candidates = {{IceCandidateType::kHost, 1, kServerAt}}};
  }
  void start(std::uint64_t seed = 1, WireConditions conditions = {}) {
    wire.emplace(seed, conditions, kStart);
    wire->on_clock([](base::Instant now) { set_openssl_clock(now); });
    server.emplace(*wire, server_config, random, kServerAt);
    client.emplace(*wire, client_config, random, kHome);
  }
  void expect_matching_keys() {
    ASSERT_TRUE(server->connected && client->connected);
    EXPECT_EQ(server->connected->keys.local_key_salt, client->connected->keys.remote_key_salt);
    EXPECT_EQ(server->connected->keys.remote_key_salt, client->connected->keys.local_key_salt);
    EXPECT_EQ(server->connected->keys.profile, client->connected->keys.profile);
  }

  base::SeededRandom random{42};
  TransportConfig server_config, client_config;
  std::optional<LossyWire> wire;
  std::optional<Side> server, client;
};

TEST_F(TransportOnWire, ConnectsInAFewRoundTrips) {
  start();
  wire->run(200ms);
  expect_matching_keys();
  EXPECT_EQ(server->remote, kHome);
  EXPECT_EQ(client->remote, kServerAt);
}

TEST_F(TransportOnWire, ConnectsWhenTheServerIsTheDtlsClient) {
  server_config.dtls_role = DtlsRole::kClient;
  client_config.dtls_role = DtlsRole::kServer;
  start();
  wire->run(200ms);
  expect_matching_keys();
}

TEST_F(TransportOnWire, ConnectsDespiteLossAndReordering) {
  for (std::uint64_t seed = 1; seed <= 30; ++seed) {
    start(seed, {.loss = 0.25, .delay_min = 5ms, .delay_max = 120ms});
    wire->run(25s);
    ASSERT_TRUE(server->connected && client->connected)
        << "seed " << seed << ' ' << server->closed.value_or("") << client->closed.value_or("");
    expect_matching_keys();
  }
}

TEST_F(TransportOnWire, StaysConnectedForAnHourOnALossyWireWithoutMedia) {
  start(3, {.loss = 0.2, .delay_min = 5ms, .delay_max = 50ms});
  wire->run(1h);
  EXPECT_TRUE(server->transport.is_connected()) << server->closed.value_or("");
  EXPECT_TRUE(client->transport.is_connected()) << client->closed.value_or("");
}

TEST_F(TransportOnWire, IgnoresDtlsFromAnAddressThatPassedNoCheck) {
  start();
  std::size_t dtls_answers = 0;
  wire->on_send([&](const WireEnd& from, const net::Transmit& transmit) {
    if (from.address == kServerAt && is_dtls(transmit.bytes)) ++dtls_answers;
    return !is_stun(transmit.bytes);
  });
  wire->run(2s);
  // The client never got a check through, so it sends no DTLS itself: a stranger's ClientHello.
  DtlsSession stranger(certificate(1), DtlsRole::kClient, certificate(0).fingerprint());
  stranger.start(wire->now());
  while (auto bytes = stranger.poll_transmit()) {
    server->transport.handle_datagram(wire->now(), SortedDatagram({kMobile, *bytes}));
  }
  wire->run(5s);
  EXPECT_EQ(dtls_answers, 0U);
  wire->run(30s);
  ASSERT_TRUE(server->closed);
  EXPECT_NE(server->closed->find("connectivity check"), std::string::npos) << *server->closed;
}

TEST_F(TransportOnWire, ClosesOnAWrongFingerprint) {
  server_config.remote_fingerprint.sha256[5] ^= std::byte{1};
  start();
  wire->run(2s);
  EXPECT_FALSE(server->connected);
  ASSERT_TRUE(server->closed);
  EXPECT_NE(server->closed->find("fingerprint"), std::string::npos) << *server->closed;
  EXPECT_TRUE(client->closed);
}

TEST_F(TransportOnWire, NeverConnectsWithAWrongPassword) {
  client_config.remote_ice.pwd[0] = client_config.remote_ice.pwd[0] == 'x' ? 'y' : 'x';
  start();
  wire->run(40s);
  EXPECT_FALSE(server->connected || client->connected);
  EXPECT_TRUE(server->closed && client->closed);
}

TEST_F(TransportOnWire, TellsThePeerWhenItCloses) {
  start();
  wire->run(1s);
  client->transport.close(wire->now());
  wire->run(1s);
  EXPECT_EQ(client->closed, "closed by us");
  ASSERT_TRUE(server->closed);
  EXPECT_TRUE(server->transport.is_closed());
}

TEST_F(TransportOnWire, ClosesAPeerThatVanishesAfterThirtySeconds) {
  start();
  wire->run(1s);
  wire->conditions().loss = 1;
  wire->run(20s);
  EXPECT_FALSE(server->closed);
  wire->run(15s);
  EXPECT_TRUE(server->closed && client->closed);
}

TEST_F(TransportOnWire, LivesOnMediaAloneWhenThePeerDoesNotRenewConsent) {
  start();
  wire->run(1s);
  wire->on_send([](const WireEnd&, const net::Transmit&) { return false; });
  for (int second = 0; second < 120; ++second) {
    wire->run(1s);
    server->transport.note_media_activity(wire->now(), kHome);
  }
  EXPECT_TRUE(server->transport.is_connected());
}

TEST_F(TransportOnWire, FollowsThePeerToAnotherAddress) {
  start();
  wire->run(1s);
  wire->end(client->index).address = kMobile;
  wire->run(8s);
  EXPECT_EQ(server->remote, kMobile);
  EXPECT_TRUE(server->transport.is_connected());
}

TEST_F(TransportOnWire, RestartKeepsTheSession) {
  start(5, {.loss = 0.2, .delay_min = 5ms, .delay_max = 60ms});
  wire->run(20s);
  expect_matching_keys();
  const IceCredentials server_new = make_ice_credentials(random);
  const IceCredentials client_new = make_ice_credentials(random);
  ASSERT_TRUE(server->transport.restart_ice(wire->now(), server_new, client_new));
  EXPECT_TRUE(server->transport.owns_ufrag(server_config.local_ice.ufrag));
  EXPECT_TRUE(server->transport.owns_ufrag(server_new.ufrag));
  ASSERT_TRUE(client->transport.restart_ice(wire->now(), client_new, server_new));
  wire->end(client->index).address = kMobile;
  wire->run(2min);
  EXPECT_EQ(server->remote, kMobile);
  EXPECT_TRUE(server->transport.is_connected());
  EXPECT_TRUE(client->transport.is_connected());
}

TEST_F(TransportOnWire, AFailedRestartDoesNotEndTheSession) {
  start();
  wire->run(1s);
  ASSERT_TRUE(server->transport.restart_ice(wire->now(), make_ice_credentials(random),
                                            make_ice_credentials(random)));
  ASSERT_TRUE(client->transport.restart_ice(wire->now(), make_ice_credentials(random),
                                            make_ice_credentials(random)));
  wire->run(3min);
  EXPECT_TRUE(server->transport.is_connected());
  EXPECT_TRUE(client->transport.is_connected());
  EXPECT_FALSE(server->transport.restart_ice(wire->now(), server_config.local_ice,
                                             make_ice_credentials(random)));
}

/// Another process goes on with what the server knew, without the client's noticing.
TEST_F(TransportOnWire, IsTakenOverByAnotherProcess) {
  start(7, {.delay_min = 5ms, .delay_max = 60ms});
  EXPECT_FALSE(server->transport.memory()) << "not connected yet";
  wire->run(5s);
  expect_matching_keys();
  EXPECT_TRUE(server->transport.prepare_farewell());
  EXPECT_FALSE(server->transport.prepare_farewell()) << "it has one";
  const auto memory = server->transport.memory();
  ASSERT_TRUE(memory);

  Transport next(*memory, random, wire->now());
  std::optional<net::Endpoint> remote;
  WireEnd& end = wire->end(server->index);
  end.handle_datagram = [&](base::Instant now, const net::Datagram& datagram) {
    next.handle_datagram(now, SortedDatagram(datagram));
  };
  end.handle_timeout = [&](base::Instant now) { next.handle_timeout(now); };
  end.drain = [&](const auto& send) {
    for (;;) {
      const TransportOutput output = next.poll_output();
      if (const auto* timeout = std::get_if<Timeout>(&output)) return timeout->at;
      if (const auto* transmit = std::get_if<net::Transmit>(&output)) send(*transmit);
      if (const auto* event = std::get_if<TransportEvent>(&output)) {
        EXPECT_FALSE(std::holds_alternative<Connected>(*event)) << "it has been told long ago";
        if (const auto* moved = std::get_if<RemoteChanged>(event)) remote = moved->remote;
      }
    }
  };
  EXPECT_TRUE(next.is_connected());
  EXPECT_TRUE(next.owns_ufrag(server_config.local_ice.ufrag));
  EXPECT_TRUE(next.is_validated(kHome));
  wire->run(2min);
  EXPECT_TRUE(next.is_connected());
  EXPECT_TRUE(client->transport.is_connected());
  EXPECT_FALSE(remote) << "nobody has moved";

  const IceCredentials server_new = make_ice_credentials(random);
  const IceCredentials client_new = make_ice_credentials(random);
  ASSERT_TRUE(next.restart_ice(wire->now(), server_new, client_new));
  ASSERT_TRUE(client->transport.restart_ice(wire->now(), client_new, server_new));
  wire->end(client->index).address = kMobile;
  wire->run(1min);
  EXPECT_EQ(remote, kMobile);
  EXPECT_TRUE(client->transport.is_connected());
  next.close(wire->now());
  wire->run(1s);
  EXPECT_TRUE(next.is_closed());
  EXPECT_TRUE(client->closed) << "the goodbye that was made ahead";
}

/// The side that made the offer, and asks for consent, goes on as well.
TEST_F(TransportOnWire, IsTakenOverAsAClientToo) {
  start();
  EXPECT_FALSE(client->transport.memory()) << "not connected yet";
  wire->run(5s);
  EXPECT_TRUE(client->transport.prepare_farewell());
  const auto memory = client->transport.memory();
  ASSERT_TRUE(memory);

  Transport next(*memory, random, wire->now());
  WireEnd& end = wire->end(client->index);
  end.handle_datagram = [&](base::Instant now, const net::Datagram& datagram) {
    next.handle_datagram(now, SortedDatagram(datagram));
  };
  end.handle_timeout = [&](base::Instant now) { next.handle_timeout(now); };
  end.drain = [&](const auto& send) {
    for (;;) {
      const TransportOutput output = next.poll_output();
      if (const auto* timeout = std::get_if<Timeout>(&output)) return timeout->at;
      if (const auto* transmit = std::get_if<net::Transmit>(&output)) send(*transmit);
    }
  };
  wire->run(2min);
  EXPECT_TRUE(next.is_connected());
  EXPECT_TRUE(server->transport.is_connected());
  next.close(wire->now());
  wire->run(1s);
  EXPECT_TRUE(server->closed) << "the goodbye that was made ahead";
}

TEST_F(TransportOnWire, NoticesAPeersGoodbyeAfterItsOwnWasMadeAhead) {
  start();
  wire->run(1s);
  ASSERT_TRUE(server->transport.prepare_farewell());
  wire->run(1min);
  EXPECT_TRUE(server->transport.is_connected());
  EXPECT_TRUE(client->transport.is_connected());
  client->transport.close(wire->now());
  wire->run(1s);
  EXPECT_TRUE(server->closed);
}

}  // namespace
}  // namespace shelcaster::rtc
