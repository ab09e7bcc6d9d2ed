#include <gtest/gtest.h>

#include <string>

#include "rtc/sdp/make_answer.hpp"

namespace shelcaster::rtc {
namespace {

std::string offer_with(const std::string& extmap) {
  return "v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\n"
         "m=audio 9 UDP/TLS/RTP/SAVPF 111\r\nc=IN IP4 0.0.0.0\r\na=ice-ufrag:abcd\r\n"
         "a=ice-pwd:abcdefghijklmnopqrstuvwx\r\na=fingerprint:sha-256 "
         "21:59:FA:AF:28:4F:62:91:31:4B:59:39:34:C3:9D:43:00:51:72:05:A1:40:C8:07:59:DD:74:BC:2B:"
         "7A:04:5C\r\na=setup:actpass\r\na=mid:0\r\n" +
         extmap + "a=sendrecv\r\na=rtcp-mux\r\na=rtpmap:111 opus/48000/2\r\n";
}

int id_of(const std::string& extmap) {
  const auto offer = parse_offer(offer_with(extmap));
  EXPECT_TRUE(offer);
  return offer ? offer->audio_level_id : -1;
}

TEST(AudioLevelExtension, IsReadFromTheOffer) {
  EXPECT_EQ(id_of("a=extmap:2 urn:ietf:params:rtp-hdrext:ssrc-audio-level\r\n"), 2);
  EXPECT_EQ(id_of("a=extmap:1/sendonly urn:ietf:params:rtp-hdrext:ssrc-audio-level vad=on\r\n"), 1);
  EXPECT_EQ(id_of("a=extmap:1 urn:ietf:params:rtp-hdrext:sdes:mid\r\n"
                  "a=extmap:14 urn:ietf:params:rtp-hdrext:ssrc-audio-level\r\n"),
            14);
}

TEST(AudioLevelExtension, IsLeftAloneWhereItsIdCanNotBeUsed) {
  EXPECT_EQ(id_of(""), 0);
  for (const char* id : {"0", "15", "300", "-1", "x", ""}) {
    EXPECT_EQ(
        id_of(std::string("a=extmap:") + id + " urn:ietf:params:rtp-hdrext:ssrc-audio-level\r\n"),
        0)
        << id;
  }
}

TEST(AudioLevelExtension, IsAnsweredWithTheSameIdWhenItWasOffered) {
  const LocalDescription local = [] {
    LocalDescription made;
    made.ice = {"serverUF", "serverPasswordOf24Chars0"};
    made.host_candidates = {net::Endpoint::v4({127, 0, 0, 1}, 9000)};
    return made;
  }();
  const auto answered = [&](const std::string& extmap) {
    const MadeAnswer made = make_answer(*parse_offer(offer_with(extmap)), local);
    const auto answer = parse_answer(made.sdp);
    EXPECT_TRUE(answer);
    EXPECT_EQ(answer->audio_level_id, made.audio_level_id);
    return made.audio_level_id;
  };
  EXPECT_EQ(answered("a=extmap:7 urn:ietf:params:rtp-hdrext:ssrc-audio-level\r\n"), 7);
  EXPECT_EQ(answered(""), 0);
  LocalDescription client = local;
  client.host_candidates.clear();
  EXPECT_EQ(parse_offer(make_offer(client))->audio_level_id, kOfferedAudioLevelId);
}

}  // namespace
}  // namespace shelcaster::rtc
