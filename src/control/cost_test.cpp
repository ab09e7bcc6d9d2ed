#include <gtest/gtest.h>

#include <functional>

#include "base/thread_cost_for_tests.hpp"
#include "control/names.hpp"
#include "control/test_world.hpp"
#include "control/token.hpp"
#include "control/urls.hpp"

// What somebody without a token, or with the link for any caller, can make the control thread and
// the server's threads do with one request of the largest size: linear in its bytes, and little.
namespace shelcaster::control {
namespace {

using shelcaster::testing::cost_us;
using shelcaster::testing::kCostFactor;
using shelcaster::testing::kLinearRatioMax;

constexpr std::size_t kHeadBytes = std::size_t{16} * 1024;
constexpr std::size_t kBodyBytes = std::size_t{256} * 1024;

std::string repeated(std::string_view unit, std::size_t bytes) {
  std::string text;
  while (text.size() + unit.size() <= bytes) text += unit;
  return text;
}

/// `make` gives an input of that size, `use` reads it.
void expect_linear(std::size_t bytes, double us_max,
                   const std::function<std::string(std::size_t)>& make,
                   const std::function<void(const std::string&)>& use) {
  const std::string whole = make(bytes);
  const std::string quarter = make(bytes / 4);
  const double cost = cost_us([&] { use(whole); }, 4);
  EXPECT_LT(cost, us_max * kCostFactor);
  EXPECT_LT(cost / std::max(cost_us([&] { use(quarter); }, 4), 1.0), kLinearRatioMax);
}

TEST(Cost, OfATokenIsLinear) {
  const TokenJudge judge("admin-secret-of-the-station", std::string(48, 'k'));
  const auto now = base::WallTime::from_unix_ms(1'700'000'000'000);
  for (const char* unit : {"a", ".", "eyJhIjoi", "[", "eyJhbGciOiJIUzI1NiJ9."}) {
    expect_linear(
        kHeadBytes, 500, [&](std::size_t bytes) { return repeated(unit, bytes); },
        [&](const std::string& token) { (void)judge.scope_of(token, now); });
  }
}

TEST(Cost, OfAQueryIsLinear) {
  for (const char* unit : {"&", "a=b&", "%zz&", "%c3%bc", "=", "a&", "+%"}) {
    expect_linear(
        kHeadBytes, 20'000, [&](std::size_t bytes) { return repeated(unit, bytes); },
        [](const std::string& query) { (void)query_parameters(query); });
  }
}

TEST(Cost, OfAUrlIsLinear) {
  const std::string start = "https://user:pw@";
  for (const char* unit : {"a", "a.", "/..", "?", "&a=b", "%41", "[", ":", "@", "1."}) {
    const auto make = [&](std::size_t bytes) { return start + repeated(unit, bytes); };
    expect_linear(kHeadBytes, 3'000, make, [](const std::string& url) {
      (void)check_media_url(url, false);
      (void)parse_output_url(url, false);
      (void)without_secrets(url);
      (void)file_name_of(url);
    });
  }
}

TEST(Cost, OfANameIsLinear) {
  for (const char* unit : {"a", "\u200b", "é", "\xff", "👩\u200d"}) {
    expect_linear(
        kBodyBytes, 200'000, [&](std::size_t bytes) { return repeated(unit, bytes); },
        [](const std::string& name) {
          (void)problem_of_name(name);
          (void)cleaned_name(name, kBodyBytes);
        });
  }
}

TEST(Cost, OfAHeadWithoutATokenIsLinear) {
  TestWorld world;
  const std::string show = world.make_show();
  for (const char* start : {"/shows/", "/whep/", "/", "/shows/x/", "/tracks/"}) {
    for (const char* unit : {"a", "%41", "/", "{"}) {
      const auto make = [&](std::size_t bytes) { return start + repeated(unit, bytes); };
      expect_linear(kHeadBytes, 2'000, make,
                    [&](const std::string& path) { (void)world.call("GET", path, "", ""); });
    }
  }
  for (const char* unit : {"a", ".", " ", "Bearer "}) {
    const auto make = [&](std::size_t bytes) { return repeated(unit, bytes); };
    expect_linear(kHeadBytes, 2'000, make, [&](const std::string& token) {
      (void)world.call("GET", "/shows/" + show + "/me", "", token);
      (void)world.call("GET", "/shows/" + show + "/me?token=" + token, "", "");
    });
  }
}

TEST(Cost, OfABodyByTheInvitationIsLinear) {
  TestWorld world;
  const std::string show = world.make_show();
  const std::string invitation =
      world.text(world.json(world.call("GET", "/shows/" + show + "/links")), "callerToken");
  const auto numbered = [](std::size_t bytes) {
    std::string body = "{";
    for (int i = 0; body.size() + 20 < bytes; ++i) body += "\"k" + std::to_string(i) + "\":1,";
    body.back() = '}';
    return body;
  };
  const std::vector<std::function<std::string(std::size_t)>> shapes{
      numbered,
      [](std::size_t bytes) { return "{\"a\":1" + repeated(",\"a\":1", bytes - 8) + "}"; },
      [](std::size_t bytes) { return "{\"a\":[" + repeated("1e9,", bytes - 10) + "1]}"; },
      [](std::size_t bytes) {
        return "{\"username\":\"" + repeated("\\u00fc", bytes - 16) + "\"}";
      },
      [](std::size_t bytes) { return "{\"username\":\"" + std::string(bytes - 16, 'a') + "\"}"; },
      [](std::size_t bytes) { return "{\"a\":" + std::string(bytes - 8, '9') + "}"; },
      [](std::size_t bytes) { return repeated("[", bytes); },
      [](std::size_t bytes) { return repeated("{\"a\":", bytes); }};
  for (const auto& shape : shapes) {
    expect_linear(kBodyBytes, 60'000, shape, [&](const std::string& body) {
      const Response refused = world.call("POST", "/shows/" + show + "/join", body, invitation);
      ASSERT_GE(refused.status, 400);
      ASSERT_LT(refused.body.size(), 32'000U);
    });
  }
}

}  // namespace
}  // namespace shelcaster::control
