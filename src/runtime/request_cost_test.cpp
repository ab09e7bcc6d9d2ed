#include <gtest/gtest.h>
#include <unistd.h>

#include <ctime>
#include <filesystem>
#include <fstream>
#include <functional>
#include <string>

#include "runtime/detail/request_head.hpp"
#include "runtime/http_types.hpp"
#include "runtime/proxy_list.hpp"
#include "runtime/static_files.hpp"

// What clients without a token make the server read costs a bounded time a byte, whatever the bytes
// are: the most that is taken at once, and its tenth.
namespace shelcaster::runtime {
namespace {

constexpr std::size_t kHeadBytesMax = 16 * 1024;
// Twenty times of what it is on a slow machine without optimisation; quadratic is a thousand times.
constexpr double kNanosecondsPerByteMax = 1'000;

double thread_cpu_ns() {
  timespec now{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) * 1e9 + static_cast<double>(now.tv_nsec);
}

void expect_linear(const std::string& what, std::size_t bytes, const std::function<void()>& work) {
  constexpr int kTimes = 20;
  const double before = thread_cpu_ns();
  for (int i = 0; i < kTimes; ++i) work();
  const double per_byte = (thread_cpu_ns() - before) / kTimes / static_cast<double>(bytes);
  EXPECT_LT(per_byte, kNanosecondsPerByteMax) << what << " of " << bytes << " bytes";
}

std::string repeated(std::string_view piece, std::size_t bytes) {
  std::string text;
  while (text.size() < bytes) text += piece;
  return text;
}

class RequestCost : public testing::TestWithParam<std::size_t> {};

TEST_P(RequestCost, IsLinearForAHeadHoweverItComes) {
  for (const char* piece : {"a: b\r\n", "a", " ", "\r\n", "a:\t"}) {
    const std::string text = "GET / HTTP/1.1\r\n" + repeated(piece, GetParam());
    expect_linear("a head at once", text.size(), [&] { (void)detail::RequestHead().feed(text); });
    expect_linear("a head byte by byte", text.size(), [&] {
      detail::RequestHead head;
      for (const char& c : text) {
        if (head.feed({&c, 1}) != detail::RequestHead::State::kMore) break;
      }
    });
  }
}

TEST_P(RequestCost, IsLinearForFieldsAndPaths) {
  HttpHeaders headers{{"Host", "x"}};
  while (headers.size() * 4 < GetParam()) headers.emplace_back("a", "b");
  expect_linear("framing", GetParam(), [&] { (void)detail::framing_fault(headers, true); });
  const StaticFiles files("/nonexistent");
  const ProxyList proxies = ProxyList::parse({"127.0.0.1", "10.0.0.0/8"}).value();
  for (const char* piece : {"/a", "%41", "../", "%", ",", "10.0.0.1,", "1", ", "}) {
    const std::string text = repeated(piece, GetParam());
    expect_linear("an escape", text.size(), [&] { (void)percent_decode(text); });
    expect_linear("a path", text.size(), [&] { (void)files.get(text, {}); });
    for (const char* name : {"X-Forwarded-For", "X-Forwarded-Proto", "X-Forwarded-Host"}) {
      const HttpHeaders told{{name, text}};
      expect_linear(name, text.size(), [&] {
        (void)proxies.client_of("127.0.0.1", told);
        (void)proxies.scheme_of("127.0.0.1", told, "http");
        (void)proxies.host_of("127.0.0.1", told, "x");
      });
    }
  }
}

TEST_P(RequestCost, IsLinearForWhatAFileIsAskedFor) {
  const auto folder =
      std::filesystem::temp_directory_path() / ("request-cost-" + std::to_string(::getpid()));
  std::filesystem::create_directories(folder);
  std::ofstream(folder / "a.txt") << "0123456789";
  const StaticFiles files(folder);
  for (const char* piece : {"br;q=0,", "gzip", ",", "bytes=0-,"}) {
    const std::string text = repeated(piece, GetParam());
    for (const char* name : {"Accept-Encoding", "Range", "If-None-Match", "If-Range"}) {
      expect_linear(name, text.size(), [&] { (void)files.get("a.txt", {{name, text}}); });
    }
  }
  std::filesystem::remove_all(folder);
}

INSTANTIATE_TEST_SUITE_P(Sizes, RequestCost, testing::Values(kHeadBytesMax / 10, kHeadBytesMax));

}  // namespace
}  // namespace shelcaster::runtime
