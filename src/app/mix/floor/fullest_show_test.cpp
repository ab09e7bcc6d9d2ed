// What the next process needs of a show in which every place is taken fits what the keeper holds
// for it.
#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <memory>
#include <string>

#include "app/mix/floor/floor.hpp"
#include "app/mix/recovery/session_memory.hpp"
#include "app/mix/recovery/sound_memory.hpp"
#include "app/mix/roster/webrtc_line.hpp"
#include "tape/checkpoint.hpp"

namespace shelcaster::app {
namespace {

constexpr std::size_t kKeySaltBytes = 30;  // of the larger profile

net::Endpoint far_away(int number) {
  std::array<std::uint8_t, 16> address{};
  address.fill(0xfd);
  return net::Endpoint::v6(address, static_cast<std::uint16_t>(60'000 + number));
}

rtc::IceCredentials longest_credentials() {
  return {.ufrag = std::string(256, 'u'), .pwd = base::secret(std::string(256, 'p'))};
}

TEST(FullestShow, ASessionsMemoryIsNeverLongerThanItsPlace) {
  SessionMemory session;
  session.id = session.participant_id = std::string(64, 's');
  session.source = far_away(0).address() + "/64";
  session.etag = std::string(32, 'e');
  const rtc::IceGeneration generation{longest_credentials(), longest_credentials()};
  rtc::IceLiteMemory ice{.current = generation,
                         .previous = generation,
                         .next = generation,
                         .validated = {},
                         .nominated = far_away(1)};
  for (int i = 0; i < 8; ++i) ice.validated.push_back(far_away(i));
  session.transport.ice = ice;
  session.transport.farewell = base::Bytes(128, std::byte{1});
  session.media.keys.local_key_salt = base::SecretBytes(kKeySaltBytes, std::byte{2});
  session.media.keys.remote_key_salt = base::SecretBytes(kKeySaltBytes, std::byte{3});
  session.media.cname = std::string(16, 'c');
  session.remote = far_away(2);
  EXPECT_LE(boost::json::serialize(to_json(session)).size(), kSessionMemoryBytesMax);
  session.transport.ice = rtc::IceClientMemory{.current = generation,
                                               .tie_breaker = UINT64_MAX,
                                               .validated = std::vector(16, far_away(1)),
                                               .selected = far_away(1)};
  EXPECT_LE(boost::json::serialize(to_json(session)).size(), kSessionMemoryBytesMax);
}

TEST(FullestShow, ItsSoundFitsTheRecord) {
  mixer::DeckFeed feed;
  tape::Tape tape = tape::create_tape(12, {}).value();
  tape::TapeWriter writer = tape::TapeWriter::attach(tape.fd()).value();
  tape::Checkpoint checkpoint = tape::Checkpoint::create().value();
  FloorOutbox outbox;
  Floor floor(feed, writer, checkpoint, outbox);
  for (int seat = 0; seat < kSeatsMax; ++seat) {
    floor.apply(OpenSeat{.seat = seat, .state = std::make_unique<Seat>(ShowSettings{})});
  }
  rtc::MediaConfig media;
  media.keys.profile = rtc::SrtpProfile::kAes128CmSha1_80;
  media.keys.local_key_salt = base::SecretBytes(kKeySaltBytes, std::byte{1});
  media.keys.remote_key_salt = base::SecretBytes(kKeySaltBytes, std::byte{2});
  media.remote_ssrc = 7;
  media.local_ssrc = 8;
  media.cname = "c";
  for (int line = 0; line < kLinesMax; ++line) {
    const int seat = line < kLinesMax - kListenersMax ? line % kSeatsMax : kNoSeat;
    media.receive = seat != kNoSeat;
    floor.apply(OpenLine{line, std::make_unique<WebrtcLine>(media, far_away(line), seat)});
  }
  for (int block = 0; block < 4; ++block) {
    const base::SampleTime at(block * audio::kBlockFrames);
    floor.tick(at, base::Instant::from_nanoseconds(1'000'000'000 + block * 10'000'000));
  }
  const auto record = checkpoint.read_sound();
  ASSERT_TRUE(record.has_value());
  const auto memory = parse_sound_memory(*record);
  ASSERT_TRUE(memory.has_value());
  EXPECT_EQ(memory->seats.size(), static_cast<std::size_t>(kSeatsMax));
  EXPECT_EQ(memory->lines.size(), static_cast<std::size_t>(kLinesMax));
  // What a line has more once it has been heard for long: other sources, packets that wait.
  EXPECT_LE(2 * record->size(), tape::Checkpoint::kSoundBytesMax);
}

}  // namespace
}  // namespace shelcaster::app
