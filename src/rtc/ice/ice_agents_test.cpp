#include <gtest/gtest.h>

#include "rtc/ice/ice_client_agent.hpp"
#include "rtc/ice/ice_lite_agent.hpp"
#include "rtc/stun/stun_message.hpp"

namespace shelcaster::rtc {
namespace {

using namespace std::chrono_literals;

const IceCredentials kServer{"srvr", "server-password-of-24-ch"};
const IceCredentials kClient{"clnt", "client-password-of-24-ch"};
const IceCredentials kServerNew{"srv2", "server-password-2-of-24c"};
const IceCredentials kClientNew{"cln2", "client-password-2-of-24c"};
const net::Endpoint kServerAt = net::Endpoint::v4({127, 0, 0, 1}, 9000);
const net::Endpoint kHome = net::Endpoint::v4({192, 0, 2, 1}, 40000);
const net::Endpoint kMobile = net::Endpoint::v4({198, 51, 100, 7}, 50000);
const base::Instant kStart = base::Instant::from_nanoseconds(1'000'000'000);

StunTransactionId next_transaction() {
  static std::uint8_t count = 0;
  StunTransactionId id{};
  id[0] = static_cast<std::byte>(++count);
  return id;
}

base::Bytes check(const IceCredentials& to, const IceCredentials& from, bool use_candidate) {
  StunBuilder builder(StunClass::kRequest, next_transaction());
  builder.username(to.ufrag + ":" + from.ufrag).priority(1).ice_controlling(5);
  if (use_candidate) builder.use_candidate();
  return builder.finish(to.pwd);
}

/// The class and error code (0: success) of the one answer that the agent sent.
int answer_code(IceAgent& agent, const net::Endpoint& to) {
  const auto transmit = agent.poll_transmit();
  if (!transmit || transmit->remote != to) return -1;
  const auto message = StunMessage::parse(transmit->bytes);
  if (!message || agent.poll_transmit()) return -2;
  return message->error_code.value_or(0);
}

struct Lite : testing::Test {
  IceLiteAgent agent{{kServer, kClient}, kStart};

  int ask(const net::Endpoint& from, const base::Bytes& request, base::Instant now = kStart) {
    agent.handle_stun(now, from, request);
    return answer_code(agent, from);
  }
};

TEST_F(Lite, LearnsThePeersAddressFromItsFirstCheck) {
  EXPECT_FALSE(agent.selected());
  agent.handle_stun(kStart, kHome, check(kServer, kClient, false));
  const auto transmit = agent.poll_transmit();
  ASSERT_TRUE(transmit);
  const auto answer = StunMessage::parse(transmit->bytes);
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->mapped_address, kHome);
  EXPECT_TRUE(answer->verify_integrity(kServer.pwd));
  EXPECT_EQ(agent.selected(), kHome);
  EXPECT_TRUE(agent.is_validated(kHome));
  EXPECT_FALSE(agent.is_validated(kMobile));
}

TEST_F(Lite, AnswersFfmpegsCheckWithoutPriorityAndRole) {
  const base::Bytes bare = StunBuilder(StunClass::kRequest, next_transaction())
                               .username("srvr:clnt")
                               .use_candidate()
                               .finish(kServer.pwd);
  EXPECT_EQ(ask(kHome, bare), 0);
  EXPECT_EQ(agent.selected(), kHome);
}

TEST_F(Lite, FollowsTheLatestNomination) {
  EXPECT_EQ(ask(kHome, check(kServer, kClient, true)), 0);
  EXPECT_EQ(ask(kMobile, check(kServer, kClient, false)), 0);
  EXPECT_EQ(agent.selected(), kHome);
  EXPECT_EQ(ask(kMobile, check(kServer, kClient, true)), 0);
  EXPECT_EQ(agent.selected(), kMobile);
}

TEST_F(Lite, FollowsThePeerToWhereAloneItIsHeardThoughItNominatesNothing) {
  EXPECT_EQ(ask(kHome, check(kServer, kClient, true)), 0);
  EXPECT_EQ(ask(kMobile, check(kServer, kClient, false), kStart + 1s), 0);
  for (int second = 1; second < 20; ++second) {
    agent.note_media_activity(kStart + second * 1s, kHome);
    agent.note_media_activity(kStart + second * 1s, kMobile);
  }
  EXPECT_EQ(agent.selected(), kHome) << "both are heard";
  agent.note_media_activity(kStart + 21s, kMobile);
  EXPECT_EQ(agent.selected(), kHome);
  agent.note_media_activity(kStart + 23s, kMobile);
  EXPECT_EQ(agent.selected(), kMobile);
}

TEST_F(Lite, FollowsAListenerByItsChecksAlone) {
  EXPECT_EQ(ask(kHome, check(kServer, kClient, true)), 0);
  EXPECT_EQ(ask(kMobile, check(kServer, kClient, false), kStart + 5s), 0);
  EXPECT_EQ(agent.selected(), kMobile);
}

TEST_F(Lite, FollowsNobodyToAnAddressThatHasPassedNoCheck) {
  EXPECT_EQ(ask(kHome, check(kServer, kClient, true)), 0);
  agent.note_media_activity(kStart + 20s, kMobile);
  EXPECT_EQ(agent.selected(), kHome);
}

TEST_F(Lite, KeepsTheAddressInUseAmongAnyNumberOfOthers) {
  EXPECT_EQ(ask(kHome, check(kServer, kClient, true)), 0);
  for (std::uint16_t port = 1; port <= 100; ++port) {
    const auto at = net::Endpoint::v4({198, 51, 100, 7}, port);
    EXPECT_EQ(ask(at, check(kServer, kClient, false)), 0);
  }
  EXPECT_TRUE(agent.is_validated(kHome));
  EXPECT_EQ(agent.memory().validated.size(), 8U);
}

TEST_F(Lite, RefusesWhoDoesNotKnowThePassword) {
  const IceCredentials guessed{kServer.ufrag, "another-password-of-24-c"};
  EXPECT_EQ(ask(kHome, check(guessed, kClient, true)), 401);
  EXPECT_EQ(ask(kHome, check(kServerNew, kClient, true)), 401);
  EXPECT_EQ(ask(kHome, StunBuilder(StunClass::kRequest, {}).finish(std::nullopt)), 400);
  EXPECT_FALSE(agent.selected());
  EXPECT_FALSE(agent.is_validated(kHome));
}

TEST_F(Lite, TellsAPeerThatClaimsToBeControlledToSwitch) {
  const base::Bytes request = StunBuilder(StunClass::kRequest, next_transaction())
                                  .username("srvr:clnt")
                                  .ice_controlled(1)
                                  .finish(kServer.pwd);
  EXPECT_EQ(ask(kHome, request), 487);
  EXPECT_FALSE(agent.selected());
}

TEST_F(Lite, ExpiresAfterThirtySilentSecondsAndMediaCounts) {
  EXPECT_EQ(ask(kHome, check(kServer, kClient, true)), 0);
  EXPECT_FALSE(agent.is_expired(kStart + 29s));
  EXPECT_TRUE(agent.is_expired(kStart + 30s));
  agent.note_media_activity(kStart + 29s, kHome);
  EXPECT_FALSE(agent.is_expired(kStart + 58s));
  EXPECT_TRUE(agent.is_expired(agent.next_timeout()));
}

TEST_F(Lite, KeepsTheOldGenerationUntilTheNewOneHasPassedACheck) {
  EXPECT_EQ(ask(kHome, check(kServer, kClient, true)), 0);
  ASSERT_TRUE(agent.restart(kStart, kServerNew, kClientNew));
  EXPECT_TRUE(agent.owns_ufrag("srvr"));
  EXPECT_TRUE(agent.owns_ufrag("srv2"));
  EXPECT_EQ(ask(kHome, check(kServer, kClient, true)), 0);
  EXPECT_EQ(agent.selected(), kHome);
  EXPECT_EQ(ask(kMobile, check(kServerNew, kClientNew, true)), 0);
  EXPECT_EQ(agent.selected(), kMobile);
  // A late check of the old generation is answered but moves nothing back.
  EXPECT_EQ(ask(kHome, check(kServer, kClient, true)), 0);
  EXPECT_EQ(agent.selected(), kMobile);
}

TEST_F(Lite, RefusesARestartThatKeepsAUfrag) {
  EXPECT_FALSE(agent.restart(kStart, kServer, kClientNew));
  EXPECT_FALSE(agent.restart(kStart, kServerNew, kClient));
  EXPECT_TRUE(agent.restart(kStart, kServerNew, kClientNew));
}

TEST_F(Lite, KeepsTheAddressInUseWhenAPeerInventsMany) {
  EXPECT_EQ(ask(kHome, check(kServer, kClient, true)), 0);
  for (std::uint16_t port = 1; port <= 100; ++port) {
    EXPECT_EQ(ask(net::Endpoint::v4({198, 51, 100, 1}, port), check(kServer, kClient, false)), 0);
  }
  EXPECT_EQ(agent.selected(), kHome);
  EXPECT_TRUE(agent.is_validated(kHome));
}

/// A client agent against a lite agent; the wire loses what `lose` says.
struct Both : testing::Test {
  base::SeededRandom random{7};
  IceLiteAgent server{{kServer, kClient}, kStart};
  IceClientAgent client{{kClient, kServer},
                        {{IceCandidateType::kHost, 5, net::Endpoint::v4({127, 0, 0, 9}, 1)},
                         {IceCandidateType::kHost, 9, kServerAt}},
                        random,
                        kStart};
  base::Instant now = kStart;
  net::Endpoint client_at = kHome;
  double loss = 0;

  void exchange() {
    bool any = true;
    while (any) {
      any = false;
      while (const auto t = client.poll_transmit()) {
        any = true;
        if (t->remote == kServerAt && random.unit() >= loss) {
          server.handle_stun(now, client_at, t->bytes);
        }
      }
      while (const auto t = server.poll_transmit()) {
        any = true;
        if (t->remote == client_at && random.unit() >= loss) {
          client.handle_stun(now, kServerAt, t->bytes);
        }
      }
    }
  }
  void run(base::Duration length) {
    const base::Instant end = now + length;
    while (client.next_timeout() <= end && !client.is_expired(now)) {
      now = std::max(now, client.next_timeout());
      client.handle_timeout(now);
      exchange();
    }
    now = std::max(now, end);
  }
};

TEST_F(Both, NominateTheCandidateThatAnswers) {
  run(100ms);
  EXPECT_EQ(client.selected(), kServerAt);
  EXPECT_EQ(server.selected(), kHome);
}

TEST_F(Both, GoOnWhenAnotherProcessHasTheClientsSide) {
  EXPECT_FALSE(client.memory()) << "nothing is nominated yet";
  run(100ms);
  auto memory = client.memory();
  ASSERT_TRUE(memory);
  IceClientAgent next(now, *std::move(memory), random);
  EXPECT_EQ(next.selected(), kServerAt);
  EXPECT_TRUE(next.is_validated(kServerAt));
  EXPECT_TRUE(next.owns_ufrag(kClient.ufrag));
  for (const base::Instant end = now + 2min; now < end; now = now + 20ms) {
    next.handle_timeout(now);
    while (const auto t = next.poll_transmit()) server.handle_stun(now, kHome, t->bytes);
    while (const auto t = server.poll_transmit()) next.handle_stun(now, kServerAt, t->bytes);
  }
  EXPECT_FALSE(next.is_expired(now));
  EXPECT_FALSE(server.is_expired(now));
}

TEST_F(Both, FindEachOtherOnALossyWire) {
  loss = 0.4;
  run(20s);
  EXPECT_EQ(client.selected(), kServerAt);
  EXPECT_EQ(server.selected(), kHome);
}

TEST_F(Both, RenewConsentForHoursAndLoseItWhenTheServerGoes) {
  run(2h);
  EXPECT_FALSE(client.is_expired(now));
  EXPECT_FALSE(server.is_expired(now));
  loss = 1;
  run(31s);
  EXPECT_TRUE(client.is_expired(now));
  EXPECT_TRUE(server.is_expired(now));
}

TEST_F(Both, FollowAClientWhoseAddressChanges) {
  run(1s);
  client_at = kMobile;
  run(7s);
  EXPECT_EQ(server.selected(), kMobile);
  EXPECT_FALSE(client.is_expired(now));
}

TEST_F(Both, RestartWithoutAGap) {
  run(1s);
  ASSERT_TRUE(server.restart(now, kServerNew, kClientNew));
  ASSERT_TRUE(client.restart(now, kClientNew, kServerNew));
  client_at = kMobile;
  run(1s);
  EXPECT_EQ(server.selected(), kMobile);
  run(1min);
  EXPECT_FALSE(client.is_expired(now));
  EXPECT_FALSE(client.owns_ufrag("clnt"));
}

TEST_F(Both, SurviveARestartThatOnlyOneSideMade) {
  run(1s);
  ASSERT_TRUE(client.restart(now, kClientNew, kServerNew));
  run(2min);
  EXPECT_FALSE(client.is_expired(now));
  EXPECT_FALSE(server.is_expired(now));
  EXPECT_TRUE(client.owns_ufrag("clnt"));
  EXPECT_FALSE(client.owns_ufrag("cln2"));
  EXPECT_TRUE(client.restart(now, kClientNew, kServerNew));
}

}  // namespace
}  // namespace shelcaster::rtc
