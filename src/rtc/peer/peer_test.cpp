#include "rtc/peer/peer.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <numbers>
#include <optional>

#include "rtc/peer/lossy_wire_for_tests.hpp"

namespace shelcaster::rtc {

// Defined where the clock is put in place of the system's (transport_test.cpp).
void move_openssl_clock(base::Instant now);

namespace {

using namespace std::chrono_literals;

const net::Endpoint kServerAt = net::Endpoint::v4({203, 0, 113, 1}, 9000);
const net::Endpoint kHome = net::Endpoint::v4({192, 0, 2, 1}, 40000);
const net::Endpoint kMobile = net::Endpoint::v4({198, 51, 100, 7}, 50000);
constexpr double kServerToneHz = 1000;
constexpr double kClientToneHz = 440;

const DtlsCertificate& certificate() {
  static const auto made = DtlsCertificate::make();
  return **made;
}

/// The level of one frequency in stereo samples' left channel, as an amplitude (Goertzel).
double tone(const std::vector<float>& stereo, double hz) {
  const double step = 2 * std::numbers::pi * hz / 48'000;
  double re = 0;
  double im = 0;
  const std::size_t frames = stereo.size() / 2;
  for (std::size_t i = 0; i < frames; ++i) {
    re += static_cast<double>(stereo[2 * i]) * std::cos(step * static_cast<double>(i));
    im += static_cast<double>(stereo[2 * i]) * std::sin(step * static_cast<double>(i));
  }
  return 2 * std::sqrt(re * re + im * im) / static_cast<double>(frames);
}

/// The mean of that level over windows of 50 ms: what was heard, wherever a change of delay or of
/// the sender's clock has moved its phase.
double tone_in_windows(const std::vector<float>& stereo, double hz) {
  constexpr std::ptrdiff_t kWindow = 2L * 2'400;
  double sum = 0;
  int windows = 0;
  for (auto at = stereo.begin(); stereo.end() - at >= kWindow; at += kWindow, ++windows) {
    sum += tone(std::vector<float>(at, at + kWindow), hz);
  }
  return sum / windows;
}

/// A Peer on the wire that talks in a tone.
struct Person {
  Person(LossyWire& wire, const PeerConfig& config, base::Random& random, net::Endpoint at,
         double hz)
      : peer(config, random), tone_hz(hz) {
    WireEnd end;
    end.address = at;
    end.handle_datagram = [this](base::Instant now, const net::Datagram& datagram) {
      peer.handle_datagram(now, datagram);
    };
    end.handle_timeout = [this](base::Instant now) { peer.handle_timeout(now); };
    end.drain = [this](const auto& send) {
      for (;;) {
        const TransportOutput output = peer.poll_output();
        if (const auto* timeout = std::get_if<Timeout>(&output)) return timeout->at;
        if (const auto* transmit = std::get_if<net::Transmit>(&output)) {
          send(*transmit);
        } else if (const auto* c = std::get_if<Closed>(&std::get<TransportEvent>(output))) {
          closed = c->reason;
        }
      }
    };
    index = wire.add(std::move(end));
  }
  void talk(base::Instant now) {
    std::vector<float> samples(2 * codec::kOpusEncodeFrames);
    for (std::size_t i = 0; i < samples.size(); i += 2) {
      const double phase = 2 * std::numbers::pi * tone_hz * static_cast<double>(sample++) / 48'000;
      samples[i] = samples[i + 1] = static_cast<float>(0.25 * std::sin(phase));
    }
    peer.push(now, samples);
  }
  void listen(base::Instant now) {
    std::array<float, 2 * MediaSession::kBlockFrames> block{};
    (void)peer.pull(now, block);
    heard.insert(heard.end(), block.begin(), block.end());
  }

  Peer peer;
  std::size_t index = 0;
  double tone_hz;
  std::int64_t sample = 0;
  std::vector<float> heard;
  std::optional<std::string> closed;
};

struct PeersOnWire : testing::Test {
  explicit PeersOnWire() {
    wire.on_clock(move_openssl_clock);
    move_openssl_clock(wire.now());
  }
  void connect() {
    const auto answer = server.peer.accept_offer(wire.now(), client.peer.make_offer());
    ASSERT_TRUE(answer) << answer.error().message;
    const auto accepted = client.peer.accept_answer(wire.now(), *answer);
    ASSERT_TRUE(accepted) << accepted.error().message;
  }
  void converse(base::Duration length) {
    client.heard.clear();
    server.heard.clear();
    const base::Instant end = wire.now() + length;
    while (wire.now() < end) {
      client.talk(wire.now());
      server.talk(wire.now());
      for (int block = 0; block < 2; ++block) {
        client.listen(wire.now());
        server.listen(wire.now());
        wire.run(10ms);
      }
    }
  }

  base::SeededRandom random{11};
  LossyWire wire{5,
                 {.loss = 0, .delay_min = 5ms, .delay_max = 15ms},
                 base::Instant::from_nanoseconds(1'000'000'000)};
  Person server{wire,
                {.certificate = &certificate(), .host_candidates = {kServerAt}, .encoder = {}},
                random,
                kServerAt,
                kServerToneHz};
  Person client{wire,
                {.certificate = &certificate(), .host_candidates = {}, .encoder = {}},
                random,
                kHome,
                kClientToneHz};
};

TEST_F(PeersOnWire, HearEachOther) {
  connect();
  converse(1s);
  converse(1s);
  EXPECT_NEAR(tone_in_windows(client.heard, kServerToneHz), 0.25, 0.03);
  EXPECT_NEAR(tone_in_windows(server.heard, kClientToneHz), 0.25, 0.03);
  EXPECT_LT(tone(client.heard, kClientToneHz), 0.003);
  EXPECT_LT(tone(server.heard, kServerToneHz), 0.003);
}

TEST_F(PeersOnWire, HearEachOtherOnALossyWire) {
  wire.conditions() = {.loss = 0.05, .delay_min = 5ms, .delay_max = 60ms};
  connect();
  converse(5s);
  converse(3s);
  EXPECT_GT(tone_in_windows(client.heard, kServerToneHz), 0.22);
  EXPECT_GT(tone_in_windows(server.heard, kClientToneHz), 0.22);
  EXPECT_GT(server.peer.stats().packets_received, 200U);
}

TEST_F(PeersOnWire, KeepTalkingThroughAnIceRestartToAnotherAddress) {
  connect();
  converse(1s);
  const auto answer = server.peer.accept_fragment(wire.now(), client.peer.make_restart_fragment());
  ASSERT_TRUE(answer && *answer) << answer.error().message;
  ASSERT_TRUE(client.peer.accept_restart_answer(wire.now(), **answer));
  wire.end(client.index).address = kMobile;
  converse(1s);
  converse(1s);
  EXPECT_NEAR(tone_in_windows(client.heard, kServerToneHz), 0.25, 0.03);
  EXPECT_NEAR(tone_in_windows(server.heard, kClientToneHz), 0.25, 0.03);
}

TEST_F(PeersOnWire, TrickledCandidatesAreNoRestart) {
  const std::string offer = client.peer.make_offer();
  const auto parsed = parse_offer(offer);
  ASSERT_TRUE(parsed);
  const auto answer = server.peer.accept_offer(wire.now(), offer);
  ASSERT_TRUE(answer);
  const auto trickled = server.peer.accept_fragment(
      wire.now(), "a=ice-ufrag:" + parsed->ice.ufrag +
                      "\r\na=ice-pwd:" + std::string(parsed->ice.pwd) +
                      "\r\nm=audio 9 UDP/TLS/RTP/SAVPF 111\r\na=mid:0\r\n"
                      "a=candidate:1 1 udp 1 192.0.2.1 40000 typ host\r\n");
  ASSERT_TRUE(trickled) << trickled.error().message;
  EXPECT_FALSE(*trickled);
}

TEST_F(PeersOnWire, SayGoodbye) {
  connect();
  converse(1s);
  client.peer.close(wire.now());
  wire.run(1s);
  EXPECT_TRUE(client.closed);
  EXPECT_TRUE(server.closed);
  EXPECT_TRUE(server.peer.stats().said_goodbye);
}

}  // namespace
}  // namespace shelcaster::rtc
