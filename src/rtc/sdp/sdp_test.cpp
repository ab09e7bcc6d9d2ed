#include <gtest/gtest.h>

#include <string>

#include "rtc/sdp/make_answer.hpp"
#include "rtc/sdp/sdp_fragment.hpp"

namespace shelcaster::rtc {
namespace {

#define FINGERPRINT_A                                                   \
  "sha-256 21:59:FA:AF:28:4F:62:91:31:4B:59:39:34:C3:9D:43:00:51:72:05" \
  ":A1:40:C8:07:59:DD:74:BC:2B:7A:04:5C"

// What the clients wrote, shortened to the lines that matter here and a few that must not disturb.
const std::string kChromium =
    "v=0\r\no=- 4859310186519273455 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\n"
    "a=group:BUNDLE 0 1 2\r\na=extmap-allow-mixed\r\na=msid-semantic: WMS 8c2b\r\n"
    "m=audio 9 UDP/TLS/RTP/SAVPF 111 63 9 0 8 13 110 126\r\nc=IN IP4 0.0.0.0\r\n"
    "a=rtcp:9 IN IP4 0.0.0.0\r\na=ice-ufrag:+Ab/\r\na=ice-pwd:RzN0CjLgRDMZzl9kiYV5mGa+\r\n"
    "a=ice-options:trickle\r\na=fingerprint:" FINGERPRINT_A
    "\r\na=setup:actpass\r\na=mid:0\r\n"
    "a=extmap:1 urn:ietf:params:rtp-hdrext:ssrc-audio-level\r\na=sendrecv\r\na=msid:8c2b 77\r\n"
    "a=rtcp-mux\r\na=rtcp-rsize\r\na=rtpmap:111 opus/48000/2\r\na=rtcp-fb:111 transport-cc\r\n"
    "a=fmtp:111 minptime=10;useinbandfec=1\r\na=rtpmap:63 red/48000/2\r\na=fmtp:63 111/111\r\n"
    "a=rtpmap:9 G722/8000\r\na=ssrc:3735928559 cname:xyz\r\na=ssrc:3735928559 msid:8c2b 77\r\n"
    "m=video 9 UDP/TLS/RTP/SAVPF 96 97\r\nc=IN IP4 0.0.0.0\r\na=ice-ufrag:+Ab/\r\n"
    "a=ice-pwd:RzN0CjLgRDMZzl9kiYV5mGa+\r\na=mid:1\r\na=recvonly\r\na=rtpmap:96 VP8/90000\r\n"
    "m=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\nc=IN IP4 0.0.0.0\r\na=mid:2\r\n"
    "a=sctp-port:5000\r\n";

const std::string kFirefox =
    "v=0\r\no=mozilla...THIS_IS_SDPARTA-99.0 6 0 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\n"
    "a=fingerprint:" FINGERPRINT_A
    "\r\na=group:BUNDLE 0\r\na=ice-options:trickle\r\n"
    "a=msid-semantic:WMS *\r\nm=audio 9 UDP/TLS/RTP/SAVPF 109 9 0 8 101\r\nc=IN IP4 0.0.0.0\r\n"
    "a=candidate:0 1 UDP 2122252543 6e0e9c2b-1.local 55001 typ host\r\n"
    "a=candidate:1 1 TCP 2105524479 192.0.2.9 9 typ host tcptype active\r\n"
    "a=candidate:2 2 UDP 2122252542 192.0.2.9 55002 typ host\r\n"
    "a=candidate:3 1 UDP 1686052863 198.51.100.3 55003 typ srflx raddr 0.0.0.0 rport 0\r\n"
    "a=sendonly\r\na=end-of-candidates\r\n"
    "a=fmtp:109 maxplaybackrate=48000;stereo=1;useinbandfec=1\r\na=fmtp:101 0-15\r\n"
    "a=ice-pwd:c77a6f2ab41ae1ba0ae3e4a9b4b2b4b0\r\na=ice-ufrag:9a2b3c4d\r\na=mid:0\r\n"
    "a=msid:{1} {2}\r\na=rtcp-mux\r\na=rtpmap:109 opus/48000/2\r\na=setup:actpass\r\n"
    "a=ssrc:1234 cname:{3}\r\n";

const std::string kFfmpeg =
    "v=0\r\no=FFmpeg 4489045141692799359 2 IN IP4 127.0.0.1\r\ns=FFmpegPublishSession\r\nt=0 0\r\n"
    "a=group:BUNDLE 0 1\r\na=extmap-allow-mixed\r\na=msid-semantic: WMS\r\n"
    "m=audio 9 UDP/TLS/RTP/SAVPF 111\r\nc=IN IP4 0.0.0.0\r\na=ice-ufrag:a174B\r\n"
    "a=ice-pwd:wwQUo7mJwvNTQ2Rt1bIK4GHJ\r\na=fingerprint:" FINGERPRINT_A
    "\r\na=setup:passive\r\n"
    "a=mid:0\r\na=sendonly\r\na=msid:FFmpeg audio\r\na=rtcp-mux\r\na=rtpmap:111 opus/48000/2\r\n"
    "a=ssrc:4267647086 cname:FFmpeg\r\na=ssrc:4267647086 msid:FFmpeg audio\r\n";

const std::string kObs =
    "v=0\r\no=rtc 3767197920 0 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\na=group:BUNDLE 0 1\r\n"
    "a=group:LS 0 1\r\na=msid-semantic:WMS *\r\na=setup:actpass\r\na=ice-ufrag:g5nv\r\n"
    "a=ice-pwd:l4ThPz0tJbCxSxVmR2p0Sa\r\na=ice-options:ice2,trickle\r\na=fingerprint:" FINGERPRINT_A
    "\r\nm=audio 9 UDP/TLS/RTP/SAVPF 111\r\nc=IN IP4 0.0.0.0\r\na=mid:0\r\na=sendonly\r\n"
    "a=ssrc:1297142 cname:obs\r\na=msid:obs obs-audio\r\na=rtcp-mux\r\n"
    "a=rtpmap:111 OPUS/48000/2\r\na=fmtp:111 minptime=10;useinbandfec=1;stereo=1;sprop-stereo=1\r\n"
    "m=video 9 UDP/TLS/RTP/SAVPF 96\r\nc=IN IP4 0.0.0.0\r\na=mid:1\r\na=sendonly\r\n"
    "a=rtpmap:96 H264/90000\r\n";

const std::string kGstreamer =
    "v=0\r\no=- 2733117464 0 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\na=ice-options:trickle\r\n"
    "a=group:BUNDLE audio0\r\nm=audio 9 UDP/TLS/RTP/SAVPF 97\r\nc=IN IP4 "
    "0.0.0.0\r\na=setup:actpass\r\n"
    "a=ice-ufrag:wq6HKfRZH\r\na=ice-pwd:Pa1DFgQVxPZ0EbUjw3z8xX\r\na=rtcp-mux\r\na=rtcp-rsize\r\n"
    "a=sendrecv\r\na=rtpmap:97 OPUS/48000/2\r\na=rtcp-fb:97 transport-cc\r\n"
    "a=framerate:50\r\na=fmtp:97 sprop-stereo=1;sprop-maxcapturerate=48000\r\n"
    "a=ssrc:2873476123 msid:user0@host-1 webrtctransceiver0\r\n"
    "a=ssrc:2873476123 cname:user0@host-1\r\na=mid:audio0\r\na=fingerprint:" FINGERPRINT_A
    "\r\n"
    "a=candidate:1 1 UDP 2015363327 192.0.2.2 43512 typ host\r\n"
    "a=candidate:3 1 UDP 2015363583 fd00::2 51000 typ host\r\na=end-of-candidates\r\n";

const std::string kAiortc =
    "v=0\r\no=- 4004286224 4004286224 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\na=group:BUNDLE 0 1\r\n"
    "a=msid-semantic:WMS *\r\nm=video 53692 UDP/TLS/RTP/SAVPF 97\r\nc=IN IP4 192.0.2.2\r\n"
    "a=sendrecv\r\na=mid:0\r\na=rtpmap:97 VP8/90000\r\na=ice-ufrag:97Y1\r\n"
    "a=ice-pwd:btZ5o3kok5SD7WkXCwmTds\r\na=setup:actpass\r\n"
    "m=audio 38334 UDP/TLS/RTP/SAVPF 96 0 8\r\nc=IN IP4 192.0.2.2\r\na=recvonly\r\na=mid:1\r\n"
    "a=rtcp-mux\r\na=rtpmap:96 opus/48000/2\r\na=rtpmap:0 PCMU/8000\r\n"
    "a=candidate:f957 1 udp 2130706431 192.0.2.2 38334 typ host\r\na=end-of-candidates\r\n"
    "a=ice-ufrag:1PTr\r\na=ice-pwd:wPzJ9OuUE9xQBF3ZSLiJ92\r\na=fingerprint:" FINGERPRINT_A
    "\r\na=setup:actpass\r\n";

LocalDescription local_description() {
  LocalDescription local;
  local.session_id = 77;
  local.ice = {.ufrag = "serverUF", .pwd = "serverPasswordOf24Chars0"};
  local.fingerprint.sha256[31] = std::byte{0xab};
  local.host_candidates = {
      net::Endpoint::v4({203, 0, 113, 5}, 9001),
      net::Endpoint::v6({0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}, 9001)};
  local.ssrc = 4711;
  local.cname = "cname";
  local.stream_id = "stage";
  local.track_id = "return";
  return local;
}

std::string changed(std::string text, std::string_view from, std::string_view to) {
  const std::size_t at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return at == std::string::npos ? text : text.replace(at, from.size(), to);
}

TEST(ParseOffer, ReadsChromium) {
  const auto offer = parse_offer(kChromium);
  ASSERT_TRUE(offer) << offer.error().message;
  EXPECT_EQ(offer->ice.ufrag, "+Ab/");
  EXPECT_EQ(offer->fingerprint.sha256[0], std::byte{0x21});
  EXPECT_EQ(offer->fingerprint.sha256[31], std::byte{0x5c});
  EXPECT_EQ(offer->setup, DtlsSetup::kActPass);
  EXPECT_EQ(offer->direction, MediaDirection::kSendRecv);
  EXPECT_EQ(offer->opus.payload_type, 111);
  EXPECT_TRUE(offer->opus.in_band_fec);
  EXPECT_EQ(offer->ssrc, 3735928559U);
  ASSERT_EQ(offer->sections.size(), 3U);
  EXPECT_TRUE(offer->sections[2].bundled);
}

TEST(ParseOffer, ReadsFirefoxAndItsUsableCandidateOnly) {
  const auto offer = parse_offer(kFirefox);
  ASSERT_TRUE(offer) << offer.error().message;
  EXPECT_EQ(offer->opus.payload_type, 109);
  EXPECT_TRUE(offer->opus.stereo);
  EXPECT_EQ(offer->direction, MediaDirection::kSendOnly);
  ASSERT_EQ(offer->candidates.size(), 1U);
  EXPECT_EQ(offer->candidates[0].endpoint.str(), "198.51.100.3:55003");
  EXPECT_EQ(offer->candidates[0].type, IceCandidateType::kServerReflexive);
  EXPECT_TRUE(offer->end_of_candidates);
}

TEST(ParseOffer, ReadsFfmpegObsGstreamerAndAiortc) {
  const auto ffmpeg = parse_offer(kFfmpeg);
  ASSERT_TRUE(ffmpeg) << ffmpeg.error().message;
  EXPECT_EQ(ffmpeg->setup, DtlsSetup::kPassive);
  EXPECT_EQ(ffmpeg->ssrc, 4267647086U);
  const auto obs = parse_offer(kObs);
  ASSERT_TRUE(obs) << obs.error().message;
  EXPECT_EQ(obs->ice.ufrag, "g5nv");
  EXPECT_TRUE(obs->opus.sprop_stereo);
  const auto gstreamer = parse_offer(kGstreamer);
  ASSERT_TRUE(gstreamer) << gstreamer.error().message;
  EXPECT_EQ(gstreamer->opus.payload_type, 97);
  EXPECT_EQ(gstreamer->sections[0].mid, "audio0");
  EXPECT_EQ(gstreamer->candidates.size(), 2U);
  const auto aiortc = parse_offer(kAiortc);
  ASSERT_TRUE(aiortc) << aiortc.error().message;
  EXPECT_EQ(aiortc->audio_section, 1U);
  EXPECT_EQ(aiortc->ice.ufrag, "1PTr");
  EXPECT_EQ(aiortc->direction, MediaDirection::kRecvOnly);
}

TEST(ParseOffer, ToleratesTheLeadingSemicolonOfTheIvsSdk) {
  const auto offer =
      parse_offer(changed(kChromium, "a=fmtp:111 minptime=10;useinbandfec=1",
                          "a=fmtp:111 ;maxaveragebitrate=64000; stereo=1;;useinbandfec=1"));
  ASSERT_TRUE(offer) << offer.error().message;
  EXPECT_EQ(offer->opus.average_bitrate_bps_max, 64000U);
  EXPECT_TRUE(offer->opus.stereo);
  EXPECT_TRUE(offer->opus.in_band_fec);
}

TEST(ParseOffer, SaysWhatIsWrong) {
  const auto why = [](const std::string& text) {
    const auto offer = parse_offer(text);
    return offer ? std::string("accepted") : offer.error().message;
  };
  EXPECT_NE(why("").find("v=0"), std::string::npos);
  EXPECT_NE(why("v=0\r\nnonsense\r\n").find("line 2"), std::string::npos);
  EXPECT_NE(why("v=0\r\n").find("no audio section"), std::string::npos);
  EXPECT_NE(why(changed(kFfmpeg, "opus/48000/2", "PCMU/8000")).find("opus"), std::string::npos);
  EXPECT_NE(why(changed(kFfmpeg, "SAVPF", "AVP")).find("SAVPF"), std::string::npos);
  EXPECT_NE(why(changed(kFfmpeg, "m=audio 9", "m=audio 0")).find("port 0"), std::string::npos);
  EXPECT_NE(why(changed(kFfmpeg, "sha-256", "sha-1")).find("fingerprint"), std::string::npos);
  EXPECT_NE(why(changed(kFfmpeg, "a=ice-pwd", "a=pwd")).find("ice-pwd"), std::string::npos);
  EXPECT_NE(why(changed(kFfmpeg, "wwQUo7mJwvNTQ2Rt1bIK4GHJ", "short")).find("22 to 256"),
            std::string::npos);
  EXPECT_NE(why(changed(kFfmpeg, "a=group", "a=ice-lite\r\na=group")).find("ice-lite"),
            std::string::npos);
  EXPECT_NE(why(changed(kFfmpeg, "passive", "holdconn")).find("a=setup"), std::string::npos);
  EXPECT_NE(why(kFfmpeg + std::string(kSdpBytesMax, 'x')).find("bytes"), std::string::npos);
  std::string many = kFfmpeg;
  for (int i = 0; i < 40; ++i) many += "m=video 9 UDP/TLS/RTP/SAVPF 96\r\n";
  EXPECT_NE(why(many).find("m-lines"), std::string::npos);
}

TEST(MakeAnswer, AcceptsTheAudioAndRefusesTheRestOutsideTheBundle) {
  const auto offer = parse_offer(kChromium);
  ASSERT_TRUE(offer);
  const MadeAnswer made = make_answer(*offer, local_description());
  EXPECT_EQ(made.dtls_role, DtlsRole::kServer);
  EXPECT_TRUE(made.sending && made.receiving);
  const std::string& sdp = made.sdp;
  EXPECT_TRUE(sdp.starts_with("v=0\r\n"));
  for (const char* line :
       {"a=ice-lite\r\n", "a=group:BUNDLE 0\r\n", "m=audio 9001 UDP/TLS/RTP/SAVPF 111\r\n",
        "a=mid:0\r\n", "a=setup:passive\r\n", "a=sendrecv\r\n", "a=rtcp-mux\r\n",
        "a=fmtp:111 minptime=10;useinbandfec=1;stereo=1;sprop-stereo=1;usedtx=0\r\n",
        "a=msid:stage return\r\n", "a=ssrc:4711 cname:cname\r\n",
        "a=candidate:1 1 udp 2130706431 203.0.113.5 9001 typ host\r\n",
        "a=candidate:2 1 udp 2130706175 2001:db8::1 9001 typ host\r\n", "a=end-of-candidates\r\n",
        "m=video 0 UDP/TLS/RTP/SAVPF 96 97\r\n",
        "m=application 0 UDP/DTLS/SCTP webrtc-datachannel\r\n", "a=mid:2\r\n"}) {
    EXPECT_NE(sdp.find(line), std::string::npos) << line;
  }
}

TEST(MakeAnswer, ReversesTheDirectionWithinWhatWeWant) {
  auto offer = parse_offer(kChromium);
  ASSERT_TRUE(offer);
  const auto answered = [&](MediaDirection theirs, bool send, bool receive) {
    offer->direction = theirs;
    LocalDescription local = local_description();
    local.send = send;
    local.receive = receive;
    const MadeAnswer made = make_answer(*offer, local);
    const auto read = parse_answer(made.sdp);
    EXPECT_TRUE(read);
    EXPECT_EQ(read->direction, make_direction(made.sending, made.receiving));
    EXPECT_EQ(read->ssrc.has_value(), made.sending);
    return read->direction;
  };
  using enum MediaDirection;
  EXPECT_EQ(answered(kSendRecv, true, true), kSendRecv);
  EXPECT_EQ(answered(kSendOnly, true, true), kRecvOnly);
  EXPECT_EQ(answered(kRecvOnly, true, true), kSendOnly);
  EXPECT_EQ(answered(kInactive, true, true), kInactive);
  EXPECT_EQ(answered(kSendRecv, true, false), kSendOnly);
  EXPECT_EQ(answered(kSendOnly, true, false), kInactive);
}

TEST(MakeAnswer, TakesTheOtherDtlsRole) {
  const auto ffmpeg = parse_offer(kFfmpeg);
  ASSERT_TRUE(ffmpeg);
  const MadeAnswer made = make_answer(*ffmpeg, local_description());
  EXPECT_EQ(made.dtls_role, DtlsRole::kClient);
  EXPECT_NE(made.sdp.find("a=setup:active\r\n"), std::string::npos);
  EXPECT_NE(made.sdp.find("a=group:BUNDLE 0\r\n"), std::string::npos);
  EXPECT_EQ(offerer_dtls_role(DtlsSetup::kActive), DtlsRole::kServer);
}

TEST(MakeOffer, IsUnderstoodByOurServerAndItsAnswerByUs) {
  LocalDescription client = local_description();
  client.host_candidates.clear();
  client.ice = {.ufrag = "client", .pwd = "clientPasswordOf24Chars0"};
  const auto offer = parse_offer(make_offer(client));
  ASSERT_TRUE(offer) << offer.error().message;
  EXPECT_EQ(offer->ice, client.ice);
  EXPECT_EQ(offer->fingerprint, client.fingerprint);
  EXPECT_EQ(offer->ssrc, client.ssrc);
  EXPECT_TRUE(offer->opus.stereo && offer->opus.sprop_stereo);

  const LocalDescription server = local_description();
  const auto answer = parse_answer(make_answer(*offer, server).sdp);
  ASSERT_TRUE(answer) << answer.error().message;
  EXPECT_TRUE(answer->ice_lite);
  EXPECT_EQ(answer->setup, DtlsSetup::kPassive);
  EXPECT_EQ(answer->ice, server.ice);
  ASSERT_EQ(answer->candidates.size(), 2U);
  EXPECT_EQ(answer->candidates[0].endpoint, server.host_candidates[0]);
  EXPECT_GT(answer->candidates[0].priority, answer->candidates[1].priority);
}

TEST(ParseAnswer, RefusesARefusedAudioSection) {
  const auto answer = parse_answer(changed(kFfmpeg, "m=audio 9", "m=audio 0"));
  ASSERT_FALSE(answer);
  EXPECT_NE(answer.error().message.find("refused"), std::string::npos);
  EXPECT_FALSE(parse_answer(changed(kFfmpeg, "passive", "actpass")));
}

TEST(SdpFragment, ReadsTheTrickleOfRfc8840) {
  const auto fragment = parse_sdp_fragment(
      "a=ice-ufrag:EsAw\r\na=ice-pwd:P2uYro0UCOQ4zxjKXaWCBui1\r\n"
      "m=audio 9 RTP/AVP 0\r\na=mid:0\r\n"
      "a=candidate:1387637174 1 udp 2122260223 192.0.2.1 61764 typ host generation 0 ufrag EsAw\r\n"
      "a=candidate:473322822 1 tcp 1518280447 192.0.2.1 9 typ host tcptype active\r\n"
      "a=end-of-candidates\r\n");
  ASSERT_TRUE(fragment) << fragment.error().message;
  EXPECT_EQ(fragment->ice->ufrag, "EsAw");
  EXPECT_EQ(fragment->mid, "0");
  EXPECT_EQ(fragment->candidates.size(), 1U);
  EXPECT_TRUE(fragment->end_of_candidates);
}

TEST(SdpFragment, ReadsWhatItWrites) {
  const LocalDescription local = local_description();
  const std::string text = make_sdp_fragment(local.ice, local.host_candidates, "audio0", true);
  EXPECT_TRUE(text.starts_with("a=ice-lite\r\n"));
  const auto fragment = parse_sdp_fragment(text);
  ASSERT_TRUE(fragment) << fragment.error().message;
  EXPECT_EQ(fragment->ice, local.ice);
  EXPECT_EQ(fragment->mid, "audio0");
  EXPECT_EQ(fragment->candidates.size(), 2U);
}

TEST(SdpFragment, TakesAUfragAloneAsAMarkOfTheGeneration) {
  const auto marked = parse_sdp_fragment("a=ice-ufrag:EsAw\r\nm=audio 9 RTP/AVP 0\r\na=mid:0\r\n");
  ASSERT_TRUE(marked);
  EXPECT_FALSE(marked->ice);
  EXPECT_FALSE(parse_sdp_fragment(""));
  EXPECT_FALSE(parse_sdp_fragment("hello"));
  EXPECT_FALSE(parse_sdp_fragment("a=ice-pwd:P2uYro0UCOQ4zxjKXaWCBui1\r\n"));
  EXPECT_FALSE(parse_sdp_fragment("a=ice-ufrag:EsAw\r\na=ice-pwd:short\r\n"));
}

}  // namespace
}  // namespace shelcaster::rtc
