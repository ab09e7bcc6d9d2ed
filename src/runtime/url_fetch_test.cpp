#include "runtime/url_fetch.hpp"

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <boost/asio/io_context.hpp>
#include <fstream>
#include <sstream>
#include <thread>

#include "base/unique_fd.hpp"

namespace shelcaster::runtime {
namespace {

using testing::HasSubstr;

/// Answers every connection at one loopback address with the same text.
class OneAnswer {
 public:
  OneAnswer(const char* address, std::string answer) : answer_(std::move(answer)) {
    fd_.reset(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_in at{};
    at.sin_family = AF_INET;
    EXPECT_EQ(::inet_pton(AF_INET, address, &at.sin_addr), 1);
    EXPECT_EQ(::bind(fd_.get(), reinterpret_cast<sockaddr*>(&at), sizeof(at)), 0);
    socklen_t size = sizeof(at);
    EXPECT_EQ(::getsockname(fd_.get(), reinterpret_cast<sockaddr*>(&at), &size), 0);
    EXPECT_EQ(::listen(fd_.get(), 8), 0);
    port_ = ntohs(at.sin_port);
    thread_ = std::thread([this] {
      for (;;) {
        const base::UniqueFd client(::accept(fd_.get(), nullptr, nullptr));
        if (!client) return;
        ++asked_;
        std::array<char, 4096> request{};
        (void)!::recv(client.get(), request.data(), request.size(), 0);
        (void)!::send(client.get(), answer_.data(), answer_.size(), MSG_NOSIGNAL);
      }
    });
  }
  ~OneAnswer() {
    ::shutdown(fd_.get(), SHUT_RDWR);
    thread_.join();
  }
  [[nodiscard]] std::string url(std::string_view host) const {
    return "http://" + std::string(host) + ":" + std::to_string(port_) + "/a";
  }
  [[nodiscard]] int asked() const { return asked_; }

 private:
  const std::string answer_;
  base::UniqueFd fd_;
  std::uint16_t port_ = 0;
  std::atomic<int> asked_{0};
  std::thread thread_;
};

/// Answers one connection with a text and then another one again and again, 128 MiB at most.
class Endless {
 public:
  Endless(std::string begin, std::string_view repeated) : begin_(std::move(begin)) {
    while (piece_.size() < 64U * 1024) piece_ += repeated;
    fd_.reset(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_in at{};
    at.sin_family = AF_INET;
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(::bind(fd_.get(), reinterpret_cast<sockaddr*>(&at), sizeof(at)), 0);
    socklen_t size = sizeof(at);
    EXPECT_EQ(::getsockname(fd_.get(), reinterpret_cast<sockaddr*>(&at), &size), 0);
    EXPECT_EQ(::listen(fd_.get(), 8), 0);
    port_ = ntohs(at.sin_port);
    thread_ = std::thread([this] {
      const base::UniqueFd client(::accept(fd_.get(), nullptr, nullptr));
      if (!client) return;
      std::array<char, 4096> request{};
      (void)!::recv(client.get(), request.data(), request.size(), 0);
      (void)!::send(client.get(), begin_.data(), begin_.size(), MSG_NOSIGNAL);
      while (sent_ < std::size_t{128} << 20U) {
        const ssize_t sent = ::send(client.get(), piece_.data(), piece_.size(), MSG_NOSIGNAL);
        if (sent <= 0) return;
        sent_ += static_cast<std::size_t>(sent);
      }
    });
  }
  ~Endless() {
    ::shutdown(fd_.get(), SHUT_RDWR);
    thread_.join();
  }
  [[nodiscard]] std::string url() const {
    return "http://127.0.0.1:" + std::to_string(port_) + "/a";
  }
  [[nodiscard]] std::size_t sent_bytes() const { return sent_; }

 private:
  const std::string begin_;
  std::string piece_;
  base::UniqueFd fd_;
  std::uint16_t port_ = 0;
  std::atomic<std::size_t> sent_{0};
  std::thread thread_;
};

class UrlFetchTest : public testing::Test {
 protected:
  ~UrlFetchTest() override { std::filesystem::remove(path_); }
  base::Result<void> fetch(UrlFetchOptions options) {
    std::filesystem::remove(path_);
    options.file = path_;
    boost::asio::io_context io;
    base::Result<void> result = base::fail("it never ended");
    const UrlFetch running(io, options, [&](base::Result<void> done) {
      result = std::move(done);
      io.stop();
    });
    io.run_for(std::chrono::seconds(20));
    return result;
  }
  [[nodiscard]] std::string content() const {
    std::ostringstream text;
    text << std::ifstream(path_).rdbuf();
    return text.str();
  }
  const std::filesystem::path path_ =
      std::filesystem::temp_directory_path() / ("fetch-test-" + std::to_string(::getpid()));
};

constexpr std::string_view kSong =
    "HTTP/1.1 200 OK\r\nContent-Length: 4\r\nConnection: close\r\n\r\nsong";

// 127.0.0.2 stands for the private network, the rest of loopback for the internet.
bool is_second_loopback(const net::Endpoint& endpoint) { return endpoint.address() == "127.0.0.2"; }

TEST_F(UrlFetchTest, WritesTheFile) {
  const OneAnswer server("127.0.0.1", std::string(kSong));
  UrlFetchOptions options;
  options.url = server.url("127.0.0.1");
  options.allow_private = true;
  const auto fetched = fetch(options);
  ASSERT_TRUE(fetched) << fetched.error().message;
  EXPECT_EQ(content(), "song");
}

TEST_F(UrlFetchTest, TakesAnAnswerOfTheFirstRadioServers) {
  const OneAnswer server("127.0.0.1",
                         "ICY 200 OK\r\nicy-name: Radio\r\nContent-Type: audio/mpeg\r\n\r\nsong");
  UrlFetchOptions options;
  options.url = server.url("127.0.0.1");
  options.allow_private = true;
  const auto fetched = fetch(options);
  ASSERT_TRUE(fetched) << fetched.error().message;
  EXPECT_EQ(content(), "song");
}

TEST_F(UrlFetchTest, UnpacksWhatIsPackedAndCountsThat) {
  // By gzip -n.
  const std::string song(
      "\x1f\x8b\x08\0\0\0\0\0\x02\xff\x2b\xce\xcf\x4b\x07\0\xa1\xee\xed\x33\x04\0\0\0", 24);
  const OneAnswer server("127.0.0.1",
                         "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 24\r\n"
                         "Connection: close\r\n\r\n" +
                             song);
  UrlFetchOptions options;
  options.url = server.url("127.0.0.1");
  options.allow_private = true;
  auto fetched = fetch(options);
  ASSERT_TRUE(fetched) << fetched.error().message;
  EXPECT_EQ(content(), "song");
  options.bytes_max = 3;
  EXPECT_FALSE(fetch(options));
}

TEST_F(UrlFetchTest, DoesNotConnectToThePrivateAddressOfAName) {
  const OneAnswer server("127.0.0.1", std::string(kSong));
  UrlFetchOptions options;
  options.url = server.url("localhost");
  const auto fetched = fetch(options);
  ASSERT_FALSE(fetched);
  EXPECT_THAT(fetched.error().message, HasSubstr("private or local address"));
  EXPECT_EQ(server.asked(), 0);
}

TEST_F(UrlFetchTest, SeesThroughOddWaysToWriteAnAddress) {
  const OneAnswer server("127.0.0.1", std::string(kSong));
  for (const char* host : {"2130706433", "0x7f000001", "0177.0.0.1", "127.1", "[::ffff:127.0.0.1]",
                           "[::1]", "0.0.0.0"}) {
    UrlFetchOptions options;
    options.url = server.url(host);
    EXPECT_FALSE(fetch(options)) << host;
  }
  EXPECT_EQ(server.asked(), 0);
}

TEST_F(UrlFetchTest, DoesNotFollowARedirectToAPrivateAddress) {
  const OneAnswer inside("127.0.0.2", std::string(kSong));
  const OneAnswer outside("127.0.0.1",
                          "HTTP/1.1 302 Found\r\nLocation: " + inside.url("127.0.0.2") +
                              "\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
  UrlFetchOptions options;
  options.url = outside.url("127.0.0.1");
  options.is_private = &is_second_loopback;
  const auto fetched = fetch(options);
  ASSERT_FALSE(fetched);
  EXPECT_THAT(fetched.error().message, HasSubstr("private or local address"));
  EXPECT_EQ(outside.asked(), 1);
  EXPECT_EQ(inside.asked(), 0);
  options.allow_private = true;
  EXPECT_TRUE(fetch(options));
  EXPECT_EQ(content(), "song");
}

TEST_F(UrlFetchTest, FollowsNoRedirectToAnotherScheme) {
  const OneAnswer server("127.0.0.1",
                         "HTTP/1.1 302 Found\r\nLocation: file:///etc/passwd\r\n"
                         "Content-Length: 0\r\nConnection: close\r\n\r\n");
  UrlFetchOptions options;
  options.url = server.url("127.0.0.1");
  options.allow_private = true;
  EXPECT_FALSE(fetch(options));
}

TEST_F(UrlFetchTest, StopsAtItsLimitWhateverTheLengthSays) {
  const OneAnswer server("127.0.0.1",
                         "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n" + std::string(5'000, 'x'));
  UrlFetchOptions options;
  options.url = server.url("127.0.0.1");
  options.allow_private = true;
  options.bytes_max = 1'000;
  const auto fetched = fetch(options);
  ASSERT_FALSE(fetched);
  EXPECT_THAT(fetched.error().message, HasSubstr("larger than 1000 bytes"));
}

TEST_F(UrlFetchTest, GivesUpAServerThatSendsMuchThatIsNotTheFile) {
  const std::string chunked =
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n";
  struct Case {
    std::string begin;
    std::string_view repeated;
  };
  const std::array<Case, 6> cases = {
      Case{chunked + "4\r\nsong\r\n0\r\n", "X-More: and more\r\n"},
      Case{chunked + "4\r\nsong\r\n4", ";more=more"},
      Case{chunked, "1;0123456789012345678901234567890123456789\r\nx\r\n"},
      Case{"HTTP/1.1 200 OK\r\n", "X-More: and more\r\n"},
      Case{"", "HTTP/1.1 100 Continue\r\n\r\n"},
      Case{"HTTP/1.1 302 Found\r\nLocation: /b\r\nContent-Length: 900000000\r\n\r\n", "x"}};
  for (const Case& one : cases) {
    const Endless server(one.begin, one.repeated);
    UrlFetchOptions options;
    options.url = server.url();
    options.allow_private = true;
    const auto fetched = fetch(options);
    ASSERT_FALSE(fetched) << one.repeated;
    EXPECT_LT(server.sent_bytes(), std::size_t{40} << 20U) << one.repeated;
    EXPECT_LT(content().size(), std::size_t{16} << 20U);
  }
}

TEST_F(UrlFetchTest, TakesAFileInSmallChunks) {
  // 2 MiB in pieces of 64 bytes, which are a quarter more on the wire.
  std::string answer = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n";
  for (int i = 0; i < 32 * 1024; ++i) answer += "40;a=b\r\n" + std::string(64, 'x') + "\r\n";
  const OneAnswer server("127.0.0.1", answer + "0\r\nX-Checksum: 1\r\n\r\n");
  UrlFetchOptions options;
  options.url = server.url("127.0.0.1");
  options.allow_private = true;
  const auto fetched = fetch(options);
  ASSERT_TRUE(fetched) << fetched.error().message;
  EXPECT_EQ(content().size(), 2U << 20U);
}

TEST_F(UrlFetchTest, SaysWhenTheTransferBreaksOff) {
  const OneAnswer server("127.0.0.1",
                         "HTTP/1.1 200 OK\r\nContent-Length: 400\r\nConnection: close\r\n\r\nsong");
  UrlFetchOptions options;
  options.url = server.url("127.0.0.1");
  options.allow_private = true;
  const auto fetched = fetch(options);
  ASSERT_FALSE(fetched);
  EXPECT_THAT(fetched.error().message, HasSubstr("can't be fetched"));
}

}  // namespace
}  // namespace shelcaster::runtime
