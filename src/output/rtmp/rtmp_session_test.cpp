#include "output/rtmp/rtmp_session.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "output/rtmp/rtmp_server_for_tests.hpp"

namespace shelcaster::output {
namespace {

using Habits = RtmpServerForTests::Habits;

RtmpAddress address_of(std::string_view url) { return parse_rtmp_url(url).value(); }

/// Both ends and everything that passes between them.
struct Wire {
  explicit Wire(Habits habits = {}, std::string_view url = "rtmp://host/live/the-key",
                std::string app = "")
      : server(std::move(habits)), session(address_of(url), std::move(app), random) {
    pass();
  }
  void pass() {
    for (;;) {
      const base::Bytes up = session.take_output();
      server.handle_bytes(up);
      const base::Bytes down = server.take_output();
      // As a network may: one byte, then the rest.
      for (const base::ByteSpan part :
           {base::ByteSpan(down).first(std::min<std::size_t>(1, down.size())),
            base::ByteSpan(down).subspan(std::min<std::size_t>(1, down.size()))}) {
        if (!failure) failure = session.handle_bytes(part);
      }
      if (server.has_hung_up() && !failure) failure = session.closed();
      if (up.empty() && down.empty()) return;
    }
  }
  base::SeededRandom random{1};
  RtmpServerForTests server;
  RtmpSession session;
  std::optional<RtmpFailure> failure;
};

TEST(RtmpSession, PublishesUnderItsAppAndKey) {
  const Wire wire({}, "rtmps://user:pass@host:444/app/instance/the-key?a=b");
  EXPECT_FALSE(wire.failure);
  EXPECT_TRUE(wire.session.is_live());
  const auto& connect = wire.server.commands().front();
  EXPECT_EQ(connect.at(2).text_of("app"), "app/instance");
  EXPECT_EQ(connect.at(2).text_of("tcUrl"), "rtmps://host:444/app/instance");
  const auto& publish = wire.server.commands().back();
  EXPECT_EQ(publish.at(0).text, "publish");
  EXPECT_EQ(publish.at(3).text, "the-key?a=b");
}

TEST(RtmpSession, SaysInWordsWhyItIsRefused) {
  struct Case {
    Habits habits;
    RtmpProblem problem;
    std::string_view word;
  };
  for (const Case& one :
       {Case{{.connect_refusal = "no such app"}, RtmpProblem::kRefused, "no such app"},
        Case{{.publish_code = "NetStream.Publish.BadName", .publish_description = "busy"},
             RtmpProblem::kKeyInUse,
             "already"},
        Case{{.publish_code = "NetStream.Publish.Denied"}, RtmpProblem::kKeyRefused, "refuses"},
        Case{{.hangs_up_at_publish = true}, RtmpProblem::kKeyRefused, "stream key"},
        Case{{.connect_refusal = "code=403 need auth; authmod=adobe"},
             RtmpProblem::kKeyRefused,
             "a user and a password"}}) {
    const Wire wire(one.habits);
    ASSERT_TRUE(wire.failure);
    EXPECT_EQ(wire.failure->problem, one.problem) << wire.failure->detail;
    EXPECT_NE(wire.failure->detail.find(one.word), std::string::npos) << wire.failure->detail;
  }
}

TEST(RtmpSession, RepeatsNothingThatHasTheKeyInIt) {
  const Wire wire({.publish_code = "NetStream.Publish.BadName",
                   .publish_description = "stream the-key is being published"});
  ASSERT_TRUE(wire.failure);
  EXPECT_EQ(wire.failure->detail.find("the-key"), std::string::npos);
}

TEST(RtmpSession, IsNoStreamOfWhoSpeaksAnotherProtocol) {
  base::SeededRandom random{1};
  RtmpSession session(address_of("rtmp://h/a/k"), "", random);
  const auto failure = session.handle_bytes(base::as_bytes("HTTP/1.1 400 Bad Request\r\n\r\n"));
  ASSERT_TRUE(failure);
  EXPECT_EQ(failure->problem, RtmpProblem::kRefused);
}

TEST(RtmpSession, AnswersAdobesChallengeInNewConnections) {
  constexpr std::string_view kUrl = "rtmp://me:secret@host/app/key";
  Wire first(
      {.connect_refusal = "[ AccessManager.Reject ] : [ code=403 need auth; authmod=adobe ] : "},
      kUrl);
  EXPECT_EQ(first.session.next_app(), "app?authmod=adobe&user=me");
  Wire second({.connect_refusal = "[ AccessManager.Reject ] : [ authmod=adobe ] : ?reason=needauth&"
                                  "user=me&salt=abc&challenge=def&opaque=ghi"},
              kUrl, first.session.next_app());
  // base64(md5(base64(md5("me" "abc" "secret")) "ghi" "00000000"))
  EXPECT_EQ(second.session.next_app(),
            "app?authmod=adobe&user=me&challenge=00000000&response=4EbDZe/uLk6K9xbn+OGWNA==&"
            "opaque=ghi");
  Wire third({.connect_refusal = "authmod=adobe ?reason=authfailed"}, kUrl,
             second.session.next_app());
  EXPECT_EQ(third.session.next_app(), "");
  EXPECT_EQ(third.failure->problem, RtmpProblem::kKeyRefused);
}

TEST(RtmpSession, GoesOnPast2To31MillisecondsWithoutAJump) {
  Wire wire;
  const base::Bytes body(5'000, std::byte{7});
  std::vector<std::uint32_t> expected;
  for (const std::int64_t at : {std::int64_t{0}, std::int64_t{0xff'fffe}, std::int64_t{0xff'ffff},
                                std::int64_t{0x7fff'ffff}, std::int64_t{0x8000'0000},
                                std::int64_t{0xffff'ffff}, std::int64_t{0x1'0000'0010}}) {
    wire.session.send_audio(body, at);
    expected.push_back(static_cast<std::uint32_t>(at));
  }
  wire.pass();
  std::vector<std::uint32_t> got;
  for (const RtmpMessage& message : wire.server.media()) {
    EXPECT_EQ(message.body, body);
    EXPECT_EQ(message.stream_id, 7U);
    got.push_back(message.timestamp_ms);
  }
  EXPECT_EQ(got, expected);
}

TEST(RtmpSession, TellsWhatTheServerHasReadOnlyWhereItSaysSoOften) {
  Wire often({.acknowledges_each = 16'384});
  Wire seldom({.acknowledges_each = 2'500'000});
  for (Wire* wire : {&often, &seldom}) {
    for (int i = 0; i < 600; ++i) {
      wire->session.send_audio(base::Bytes(10'000), i);
      wire->pass();
    }
  }
  ASSERT_TRUE(often.session.acknowledged());
  EXPECT_GT(*often.session.acknowledged(), 5'900'000U);
  EXPECT_FALSE(seldom.session.acknowledged());
}

TEST(RtmpSession, TellsWhatTheStreamIs) {
  Wire wire;
  wire.session.send_metadata({640, 360, 15, 300'000, 128'000});
  wire.pass();
  const auto values = parse_amf0(wire.server.media().at(0).body).value();
  EXPECT_EQ(values.at(0).text, "@setDataFrame");
  EXPECT_EQ(values.at(1).text, "onMetaData");
  EXPECT_EQ(values.at(2).names, (std::vector<std::string>{
                                    "width", "height", "framerate", "videocodecid", "videodatarate",
                                    "audiocodecid", "audiodatarate", "audiosamplerate",
                                    "audiosamplesize", "audiochannels", "stereo", "encoder"}));
}

}  // namespace
}  // namespace shelcaster::output
