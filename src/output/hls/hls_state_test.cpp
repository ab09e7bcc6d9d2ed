#include "output/hls/hls_state.hpp"

#include <gtest/gtest.h>

namespace shelcaster::output {
namespace {

HlsState two_segments() {
  HlsState state;
  state.epoch_unix_ms = 1'700'000'000'000;
  state.programme_start = base::SampleTime(200'000);
  state.programme_segment = 6;
  state.next_segment = 7;
  state.next_init = 2;
  state.discontinuity_sequence = 3;
  state.window.push_back({5, base::SampleTime(0), 95'232, 0, 1'700'000'000'000, false});
  state.window.push_back({6, base::SampleTime(200'000), 48'000, 1, 1'700'000'004'166, true});
  return state;
}

TEST(HlsState, SurvivesWritingAndReading) {
  const std::string text = write_hls_state(two_segments());
  const auto parsed = parse_hls_state(text);
  ASSERT_TRUE(parsed) << parsed.error().message;
  EXPECT_EQ(write_hls_state(*parsed), text);
}

TEST(HlsState, RefusesDamage) {
  EXPECT_FALSE(parse_hls_state(""));
  EXPECT_FALSE(parse_hls_state("[]"));
  EXPECT_FALSE(parse_hls_state("{}"));
  std::string text = write_hls_state(two_segments());
  EXPECT_FALSE(parse_hls_state(text.substr(0, text.size() / 2)));
  EXPECT_FALSE(parse_hls_state(text.replace(text.find("\"number\":5"), 10, "\"number\":4")));
  HlsState state = two_segments();
  state.programme_segment = 8;
  EXPECT_FALSE(parse_hls_state(write_hls_state(state))) << "begins after its end";
  state = two_segments();
  state.window.clear();
  EXPECT_FALSE(parse_hls_state(write_hls_state(state))) << "has a segment that isn't in the list";
}

TEST(HlsPlaylist, NamesDiscontinuityMapDateAndDuration) {
  EXPECT_EQ(write_hls_playlist(two_segments(), 2),
            "#EXTM3U\n#EXT-X-VERSION:7\n#EXT-X-TARGETDURATION:2\n#EXT-X-MEDIA-SEQUENCE:5\n"
            "#EXT-X-DISCONTINUITY-SEQUENCE:3\n#EXT-X-INDEPENDENT-SEGMENTS\n"
            "#EXT-X-MAP:URI=\"init-0.mp4\"\n"
            "#EXT-X-PROGRAM-DATE-TIME:2023-11-14T22:13:20.000Z\n#EXTINF:1.984000,\nseg-5.m4s\n"
            "#EXT-X-DISCONTINUITY\n#EXT-X-MAP:URI=\"init-1.mp4\"\n"
            "#EXT-X-PROGRAM-DATE-TIME:2023-11-14T22:13:24.166Z\n#EXTINF:1.000000,\nseg-6.m4s\n");
}

TEST(HlsMaster, SaysWhatPlayersChooseBy) {
  EXPECT_EQ(write_hls_master("index.m3u8", 160'000),
            "#EXTM3U\n#EXT-X-VERSION:7\n#EXT-X-INDEPENDENT-SEGMENTS\n"
            "#EXT-X-STREAM-INF:BANDWIDTH=160000,CODECS=\"mp4a.40.2\",NAME=\"Programme\"\n"
            "index.m3u8\n");
}

}  // namespace
}  // namespace shelcaster::output
