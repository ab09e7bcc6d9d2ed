#include "app/mix/recovery/session_memory.hpp"

#include <gtest/gtest.h>

#include <boost/json.hpp>

namespace shelcaster::app {
namespace {

namespace json = boost::json;

constexpr std::string_view kPeersPassword = "the password of the other side";

/// Everything as long as it may be, and of characters that take two in JSON.
SessionMemory longest() {
  const std::string ufrag(256, '"');
  const net::Endpoint address = net::Endpoint::v6({0x20, 0x01, 0x1d, 0xb8, 0x11, 0x11, 0x22, 0x22,
                                                   0x33, 0x33, 0x44, 0x44, 0x55, 0x55, 0x66, 0x66},
                                                  65'535);
  SessionMemory session;
  session.id = std::string(32, 's');
  session.source = address.address() + "/64";
  session.participant_id = std::string(64, 'p');
  session.seat = 127;
  session.line = 383;
  session.number = UINT64_MAX;
  session.etag = "abcdefgh";
  const rtc::IceGeneration generation{
      .local = {.ufrag = "abcdefgh", .pwd = base::secret(std::string(24, 'w'))},
      .remote = {.ufrag = ufrag, .pwd = base::secret(kPeersPassword)}};
  session.transport.ice = rtc::IceLiteMemory{.current = generation,
                                             .previous = generation,
                                             .next = generation,
                                             .validated = std::vector(8, address),
                                             .nominated = address};
  session.transport.farewell = base::Bytes(100);
  session.media.keys.local_key_salt = base::SecretBytes(28, std::byte{0xab});
  session.media.keys.remote_key_salt = base::SecretBytes(28, std::byte{0xcd});
  session.media.remote_ssrc = session.media.local_ssrc = UINT32_MAX;
  session.media.cname = std::string(16, 'c');
  session.remote = address;
  return session;
}

TEST(SessionMemory, HasRoomAlsoForNamesOfCharactersThatTakeTwo) {
  EXPECT_LE(json::serialize(to_json(longest())).size(), kSessionMemoryBytesMax);
}

TEST(SessionMemory, GoesOnWhereItWasWithoutThePeersPassword) {
  const SessionMemory before = longest();
  const auto text = json::serialize(to_json(before));
  EXPECT_EQ(text.find(kPeersPassword), std::string::npos);
  const auto after = parse_session_memory(json::parse(text).as_object());
  ASSERT_TRUE(after) << after.error().message;
  EXPECT_EQ(after->media.keys.remote_key_salt, before.media.keys.remote_key_salt);
  const auto& ice = std::get<rtc::IceLiteMemory>(after->transport.ice);
  const auto& was = std::get<rtc::IceLiteMemory>(before.transport.ice);
  EXPECT_EQ(ice.current.local, was.current.local);
  EXPECT_EQ(ice.next->remote.ufrag, was.next->remote.ufrag);
  EXPECT_EQ(ice.validated.size(), 8U);
  EXPECT_EQ(after->remote, before.remote);
}

/// Who sends checks signs them with the other side's password.
TEST(SessionMemory, GoesOnAsTheSideThatMadeTheOffer) {
  SessionMemory before = longest();
  const auto lite = std::get<rtc::IceLiteMemory>(before.transport.ice);
  before.transport.ice = rtc::IceClientMemory{.current = lite.current,
                                              .tie_breaker = UINT64_MAX,
                                              .validated = std::vector(16, before.remote),
                                              .selected = before.remote};
  const auto text = json::serialize(to_json(before));
  EXPECT_LE(text.size(), kSessionMemoryBytesMax);
  const auto after = parse_session_memory(json::parse(text).as_object());
  ASSERT_TRUE(after) << after.error().message;
  const auto& ice = std::get<rtc::IceClientMemory>(after->transport.ice);
  EXPECT_EQ(ice.current.local, lite.current.local);
  EXPECT_EQ(ice.current.remote, lite.current.remote);
  EXPECT_EQ(ice.tie_breaker, UINT64_MAX);
  EXPECT_EQ(ice.validated.size(), 16U);
  EXPECT_EQ(ice.selected, before.remote);
}

TEST(SessionMemory, LeavesNoKeyBehindInWhatWasWritten) {
  json::value record = {{"sessions", json::array{to_json(longest())}}};
  const json::object& media = record.at("sessions").at(0).as_object().at("media").as_object();
  const json::string& key = media.at("localKey").as_string();
  ASSERT_EQ(std::string_view(key).substr(0, 4), "abab");
  cleanse(record);
  EXPECT_EQ(key, std::string(56, '\0'));
}

}  // namespace
}  // namespace shelcaster::app
