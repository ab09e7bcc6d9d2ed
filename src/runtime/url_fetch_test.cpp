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
bool is_second_loopback(const std::uint8_t* bytes, std::size_t size) {
  return size == 4 && bytes[0] == 127 && bytes[3] == 2;
}

TEST_F(UrlFetchTest, WritesTheFile) {
  const OneAnswer server("127.0.0.1", std::string(kSong));
  UrlFetchOptions options;
  options.url = server.url("127.0.0.1");
  options.allow_private = true;
  const auto fetched = fetch(options);
  ASSERT_TRUE(fetched) << fetched.error().message;
  EXPECT_EQ(content(), "song");
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

TEST(PrivateAddress, KnowsEveryKindOfIt) {
  const auto is_private = [](const char* text) {
    std::array<std::uint8_t, 16> bytes{};
    const bool is_v6 = std::string_view(text).find(':') != std::string_view::npos;
    EXPECT_EQ(::inet_pton(is_v6 ? AF_INET6 : AF_INET, text, bytes.data()), 1) << text;
    return is_private_address(bytes.data(), is_v6 ? 16 : 4);
  };
  for (const char* address : {"0.0.0.0",
                              "10.1.2.3",
                              "100.64.0.1",
                              "127.0.0.1",
                              "169.254.169.254",
                              "172.31.255.255",
                              "192.168.0.1",
                              "198.19.0.1",
                              "224.0.0.1",
                              "255.255.255.255",
                              "::",
                              "::1",
                              "fe80::1",
                              "fc00::1",
                              "fdff::1",
                              "ff02::1",
                              "::ffff:10.0.0.1",
                              "::127.0.0.1",
                              "64:ff9b::a00:1",
                              "2002:a00:1::1",
                              "2001:db8::1"}) {
    EXPECT_TRUE(is_private(address)) << address;
  }
  for (const char* address : {"8.8.8.8", "100.128.0.1", "172.32.0.1", "2606:4700::1111",
                              "::ffff:8.8.8.8", "64:ff9b::808:808"}) {
    EXPECT_FALSE(is_private(address)) << address;
  }
}

}  // namespace
}  // namespace shelcaster::runtime
