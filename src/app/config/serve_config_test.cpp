#include "app/config/serve_config.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <unistd.h>

#include <fstream>

namespace shelcaster::app {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class ServeConfigTest : public testing::Test {
 protected:
  ~ServeConfigTest() override { std::filesystem::remove(path_); }
  ConfigSources with_file(std::string_view text) {
    std::ofstream(path_) << text;
    ConfigSources sources;
    sources.file = path_;
    return sources;
  }
  const std::filesystem::path path_ = std::filesystem::temp_directory_path() /
                                      ("config-test-" + std::to_string(::getpid()) + ".toml");
};

TEST_F(ServeConfigTest, FlagWinsOverEnvironmentOverFileOverDefault) {
  ConfigSources sources = with_file(
      "[http]\nlisten='127.0.0.1:1'\n[data]\ndir='file'\n[media]\nip=['1.2.3.4','::1']\n");
  EXPECT_EQ(load_serve_config(sources)->listen, "127.0.0.1:1");
  sources.environment = [](const char* name) {
    return std::string_view(name) == "SHELCASTER_LISTEN" ? "127.0.0.1:2" : nullptr;
  };
  EXPECT_EQ(load_serve_config(sources)->listen, "127.0.0.1:2");
  sources.flags["listen"] = "127.0.0.1:3";
  const auto config = load_serve_config(sources);
  EXPECT_EQ(config->listen, "127.0.0.1:3");
  EXPECT_EQ(config->data, "file");
  EXPECT_EQ(config->participants_max, 100);
  EXPECT_THAT(config->media_ip, ElementsAre("1.2.3.4", "::1"));
}

TEST_F(ServeConfigTest, SaysInItsHelpHowAnythingThatIsOnOrOffIsSwitchedOff) {
  const auto help_of = [](std::string_view flag) {
    for (const Setting& setting : serve_settings()) {
      if (setting.flag == flag) return setting.help_text();
    }
    return std::string();
  };
  EXPECT_THAT(help_of("recording"), HasSubstr("; off: --recording=false [SHELCASTER_RECORDING]"));
  EXPECT_THAT(help_of("listen"), testing::Not(HasSubstr("=false")));
}

TEST_F(ServeConfigTest, TellsAllMistakesAtOnce) {
  ConfigSources sources = with_file(
      "[http]\nlisten=80\ncolour='red'\n[shows]\ntape_s=1\nstop_on_exit='yes'\n[media]\nip=[]\n");
  sources.flags["imports-max"] = "two";
  const auto config = load_serve_config(sources);
  ASSERT_FALSE(config);
  const std::string& text = config.error().message;
  EXPECT_THAT(text, HasSubstr(":2: http.listen: must be a text in quotes"));
  EXPECT_THAT(text, HasSubstr(":3: http.colour: no such setting"));
  EXPECT_THAT(text, HasSubstr(":5: shows.tape_s: must be from 4 to 600 (got 1)"));
  EXPECT_THAT(text, HasSubstr(":6: shows.stop_on_exit: must be true or false"));
  EXPECT_THAT(text, HasSubstr(":8: media.ip: must be a list of texts"));
  EXPECT_THAT(text, HasSubstr("--imports-max: must be a whole number (got \"two\")"));
}

TEST_F(ServeConfigTest, RefusesAddressesForPeopleThatAreNone) {
  for (const char* ip : {"notanip", "300.1.1.1", "example.org", "127.0.0.1:80"}) {
    const auto config = load_serve_config(with_file(fmt::format("[media]\nip=['{}']\n", ip)));
    ASSERT_FALSE(config) << ip;
    EXPECT_THAT(config.error().message, HasSubstr(std::string("got \"") + ip));
  }
}

TEST_F(ServeConfigTest, TakesWhatPeopleHear) {
  const auto config = load_serve_config(
      with_file("[opus]\nreturns_channels=1\nreturns_bitrate_bps=48000\nreturns_complexity=0\n"));
  ASSERT_TRUE(config);
  EXPECT_EQ(config->returns_channels, 1);
  EXPECT_EQ(config->returns_bitrate_bps, 48'000);
  EXPECT_EQ(config->returns_complexity, 0);
  EXPECT_THAT(load_serve_config(with_file("[opus]\nreturns_channels=3\n")).error().message,
              HasSubstr("opus.returns_channels: must be from 1 to 2 (got 3)"));
}

TEST_F(ServeConfigTest, TakesAWebhookByHttpOnlyAndDoesNotRepeatIt) {
  EXPECT_EQ(load_serve_config(with_file("[alerts]\nwebhook_url='https://h/x'\n"))->webhook_url,
            "https://h/x");
  const auto refused = load_serve_config(with_file("[alerts]\nwebhook_url='ftp://secret'\n"));
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().message, HasSubstr("alerts.webhook_url: must begin with http"));
  EXPECT_THAT(refused.error().message, testing::Not(HasSubstr("secret")));
}

TEST_F(ServeConfigTest, RefusesBrokenToml) {
  EXPECT_THAT(load_serve_config(with_file("[http\n")).error().message, HasSubstr(":1:"));
}

}  // namespace
}  // namespace shelcaster::app
