#include "runtime/webhook.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <gmock/gmock.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

#include "base/unique_fd.hpp"

namespace shelcaster::runtime {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using namespace std::chrono_literals;

std::string answer(std::string_view status, std::string_view more = "") {
  return "HTTP/1.1 " + std::string(status) + "\r\n" + std::string(more) +
         "Content-Length: 0\r\nConnection: close\r\n\r\n";
}

/// Keeps what is posted, and answers the first with the first answer and so on; after the last with
/// that one again. An empty answer is none: the sender hangs until it gives up.
class Receiver {
 public:
  explicit Receiver(std::vector<std::string> answers) : answers_(std::move(answers)) {
    listener_.reset(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_in at{};
    at.sin_family = AF_INET;
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(::bind(listener_.get(), reinterpret_cast<sockaddr*>(&at), sizeof(at)), 0);
    socklen_t size = sizeof(at);
    EXPECT_EQ(::getsockname(listener_.get(), reinterpret_cast<sockaddr*>(&at), &size), 0);
    EXPECT_EQ(::listen(listener_.get(), 8), 0);
    port_ = ntohs(at.sin_port);
    std::array<int, 2> over{};
    EXPECT_EQ(::pipe2(over.data(), O_CLOEXEC), 0);
    over_read_.reset(over[0]);
    over_write_.reset(over[1]);
    thread_ = std::thread([this] { run(); });
  }
  ~Receiver() {
    over_write_.reset();
    thread_.join();
  }
  [[nodiscard]] std::string url() const {
    return "http://127.0.0.1:" + std::to_string(port_) + "/hook";
  }
  /// The first `count` requests, whole; fewer when they don't come within seconds.
  std::vector<std::string> requests(std::size_t count) {
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, 10s, [&] { return requests_.size() >= count; });
    return requests_;
  }

 private:
  /// False when it is over.
  [[nodiscard]] bool wait_for(int fd) const {
    std::array<pollfd, 2> watched{{{fd, POLLIN, 0}, {over_read_.get(), POLLIN, 0}}};
    (void)::poll(watched.data(), watched.size(), -1);
    return watched[1].revents == 0;
  }
  [[nodiscard]] std::string read(int fd) const {
    std::string text;
    std::array<char, 4096> bytes{};
    for (;;) {
      const std::size_t head = text.find("\r\n\r\n");
      const std::size_t length = text.find("Content-Length: ");
      if (head != text.npos && length != text.npos &&
          text.size() >= head + 4 + std::stoul(text.substr(length + 16))) {
        return text;
      }
      if (!wait_for(fd)) return text;
      const auto got = ::recv(fd, bytes.data(), bytes.size(), 0);
      if (got <= 0) return text;
      text.append(bytes.data(), static_cast<std::size_t>(got));
    }
  }
  void run() {
    std::vector<base::UniqueFd> hanging;
    while (wait_for(listener_.get())) {
      base::UniqueFd client(::accept(listener_.get(), nullptr, nullptr));
      if (!client) return;
      std::string request = read(client.get());
      std::string reply;
      {
        const std::lock_guard lock(mutex_);
        reply = answers_[std::min(requests_.size(), answers_.size() - 1)];
        requests_.push_back(std::move(request));
        changed_.notify_all();
      }
      if (reply.empty()) {
        hanging.push_back(std::move(client));
      } else {
        (void)!::send(client.get(), reply.data(), reply.size(), MSG_NOSIGNAL);
      }
    }
  }

  const std::vector<std::string> answers_;
  base::UniqueFd listener_, over_read_, over_write_;
  std::uint16_t port_ = 0;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::string> requests_;
  std::thread thread_;
};

WebhookOptions options_for(const Receiver& receiver) {
  WebhookOptions options;
  options.url = receiver.url();
  options.secret = "key";
  options.backoff_min = 5ms;
  options.backoff_max = 20ms;
  return options;
}

template <typename Wanted>
bool comes(const Webhook& webhook, Wanted wanted) {
  const auto end = std::chrono::steady_clock::now() + 10s;
  while (!wanted(webhook.counts())) {
    if (std::chrono::steady_clock::now() > end) return false;
    std::this_thread::yield();
  }
  return true;
}

std::string body_of(const std::string& request) {
  return request.substr(request.find("\r\n\r\n") + 4);
}

TEST(WebhookSignature, IsTheHmacOfTheBody) {
  // https://en.wikipedia.org/wiki/HMAC#Examples
  EXPECT_EQ(webhook_signature("key", "The quick brown fox jumps over the lazy dog"),
            "sha256=f7bc83f430538424b13298e6aa6fb143ef4d59a14946175997479dbc2d1a3cd8");
}

TEST(Webhook, PostsSignedJsonInOrder) {
  Receiver receiver({answer("204 No Content")});
  Webhook webhook(options_for(receiver));
  webhook.post(R"({"n":1})");
  webhook.post(R"({"n":2})");
  const auto requests = receiver.requests(2);
  ASSERT_EQ(requests.size(), 2U);
  EXPECT_THAT(requests[0], testing::StartsWith("POST /hook HTTP/1.1\r\n"));
  EXPECT_THAT(requests[0], HasSubstr("Content-Type: application/json\r\n"));
  EXPECT_THAT(
      requests[0],
      HasSubstr("X-Shelcaster-Signature: " + webhook_signature("key", R"({"n":1})") + "\r\n"));
  EXPECT_EQ(body_of(requests[0]), R"({"n":1})");
  EXPECT_EQ(body_of(requests[1]), R"({"n":2})");
  EXPECT_TRUE(comes(webhook, [](const WebhookCounts& c) { return c.delivered == 2; }));
}

TEST(Webhook, TriesAgainAfterARefusal) {
  Receiver receiver({answer("500 Oops"), answer("503 Busy"), answer("200 OK")});
  Webhook webhook(options_for(receiver));
  webhook.post("{}");
  EXPECT_TRUE(comes(webhook, [](const WebhookCounts& c) { return c.delivered == 1; }));
  EXPECT_EQ(receiver.requests(3).size(), 3U);
  EXPECT_EQ(webhook.counts().failed, 0U);
}

TEST(Webhook, GivesUpAfterTheLastTryAndGoesOnWithTheNext) {
  Receiver receiver({answer("500 Oops"), answer("500 Oops"), answer("200 OK")});
  WebhookOptions options = options_for(receiver);
  options.tries_max = 2;
  Webhook webhook(options);
  webhook.post("first");
  webhook.post("second");
  EXPECT_TRUE(comes(webhook, [](const WebhookCounts& c) { return c.delivered == 1; }));
  EXPECT_EQ(webhook.counts().failed, 1U);
  EXPECT_EQ(body_of(receiver.requests(3).at(2)), "second");
}

TEST(Webhook, FollowsNoRedirect) {
  Receiver elsewhere({answer("200 OK")});
  Receiver receiver({answer("307 Elsewhere", "Location: " + elsewhere.url() + "\r\n")});
  WebhookOptions options = options_for(receiver);
  options.tries_max = 2;
  Webhook webhook(options);
  webhook.post("{}");
  EXPECT_TRUE(comes(webhook, [](const WebhookCounts& c) { return c.failed == 1; }));
  EXPECT_EQ(elsewhere.requests(0).size(), 0U);
}

TEST(Webhook, GivesAHangingReceiverItsTimeAndTriesAgain) {
  Receiver receiver({"", answer("200 OK")});
  WebhookOptions options = options_for(receiver);
  options.answer_max = 100ms;
  Webhook webhook(options);
  webhook.post("{}");
  EXPECT_TRUE(comes(webhook, [](const WebhookCounts& c) { return c.delivered == 1; }));
  EXPECT_EQ(receiver.requests(2).size(), 2U);
}

TEST(Webhook, DelaysNobodyWhileAReceiverHangsAndDropsTheOldest) {
  Receiver receiver({""});
  WebhookOptions options = options_for(receiver);
  options.answer_max = 60s;
  options.queue_max = 3;
  const auto began = std::chrono::steady_clock::now();
  {
    Webhook webhook(options);
    webhook.post("under way");
    EXPECT_EQ(receiver.requests(1).size(), 1U);
    for (int i = 0; i < 10; ++i) webhook.post(std::to_string(i));
    EXPECT_EQ(webhook.counts().dropped, 7U);
  }
  EXPECT_LT(std::chrono::steady_clock::now() - began, 10s) << "nor is its end waited for";
}

TEST(Webhook, TriesAgainWhenNobodyListens) {
  WebhookOptions options;
  {
    Receiver gone({answer("200 OK")});
    options = options_for(gone);
  }
  options.tries_max = 3;
  Webhook webhook(options);
  webhook.post("{}");
  EXPECT_TRUE(comes(webhook, [](const WebhookCounts& c) { return c.failed == 1; }));
}

}  // namespace
}  // namespace shelcaster::runtime
