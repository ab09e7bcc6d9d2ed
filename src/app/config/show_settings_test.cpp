#include "app/config/show_settings.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <sys/mman.h>
#include <unistd.h>

#include "app/config/serve_config.hpp"

namespace shelcaster::app {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

TEST(ShowSettings, ComeOutAsTheyWereHandedOver) {
  ServeConfig config;
  config.media_ip = {"192.0.2.1", "2001:db8::1"};
  config.media_port_min = 40'000;
  config.media_port_max = 40'010;
  config.tape_s = 30;
  config.rtmps_ca_file = "/etc/ca.pem";
  config.returns_channels = 1;
  config.returns_bitrate_bps = 48'000;
  config.returns_complexity = 0;
  config.log_level = "debug";
  const auto settings = parse_show_settings(to_text(config));
  ASSERT_TRUE(settings) << settings.error().message;
  EXPECT_THAT(settings->media_ip, ElementsAre("192.0.2.1", "2001:db8::1"));
  EXPECT_EQ(settings->media_port_min, 40'000);
  EXPECT_EQ(settings->media_port_max, 40'010);
  EXPECT_EQ(settings->tape_s, 30);
  EXPECT_EQ(settings->rtmps_ca_file, "/etc/ca.pem");
  EXPECT_EQ(settings->returns_channels, 1);
  EXPECT_EQ(settings->returns_bitrate_bps, 48'000);
  EXPECT_EQ(settings->returns_complexity, 0);
  EXPECT_EQ(settings->log_level, "debug");
}

TEST(ShowSettings, HoldNothingThatIsServesOwn) {
  ServeConfig config;
  config.webhook_url = "https://secret.example";
  config.tls_key = "/secret/key.pem";
  const std::string text = to_text(config);
  EXPECT_THAT(text, HasSubstr("opus.returns_channels"));
  EXPECT_THAT(text, testing::Not(HasSubstr("secret")));
}

TEST(ShowSettings, HaveTheirDefaultWhereNothingIsSaid) {
  const auto settings = parse_show_settings(R"({"opus.returns_channels":1,"of.tomorrow":[]})");
  ASSERT_TRUE(settings) << settings.error().message;
  EXPECT_EQ(settings->returns_channels, 1);
  EXPECT_EQ(settings->tape_s, 12);
  EXPECT_EQ(take_show_settings(-1)->tape_s, 12);
}

TEST(ShowSettings, SayWhatIsWrongWithThem) {
  const auto mistake = [](std::string_view text) {
    const auto settings = parse_show_settings(text);
    return settings ? std::string("none") : settings.error().message;
  };
  EXPECT_THAT(mistake(R"({"opus.returns_channels":3})"), HasSubstr("opus.returns_channels"));
  EXPECT_THAT(mistake(R"({"shows.tape_s":"long"})"), HasSubstr("shows.tape_s"));
  EXPECT_THAT(mistake(R"({"media.ip":["nobody"]})"), HasSubstr("got \"nobody\""));
  EXPECT_THAT(mistake(R"({"media.ip":[]})"), HasSubstr("at least one"));
  EXPECT_THAT(mistake(R"({"media.port_min":9,"media.port_max":8})"), HasSubstr("media.port_max"));
  EXPECT_THAT(mistake("[]"), HasSubstr("no JSON object"));
  EXPECT_THAT(mistake(""), HasSubstr("no JSON object"));
}

TEST(ShowSettings, AreTakenFromAFileThatSomebodyHandsOver) {
  const int fd = memfd_create("settings", MFD_CLOEXEC);
  ASSERT_EQ(::write(fd, R"({"shows.tape_s":20})", 19), 19);
  const auto settings = take_show_settings(fd);
  ASSERT_TRUE(settings) << settings.error().message;
  EXPECT_EQ(settings->tape_s, 20);
  EXPECT_LT(::write(fd, "x", 1), 0) << "it is closed";
}

}  // namespace
}  // namespace shelcaster::app
