#include "runtime/http_server.hpp"

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <fstream>
#include <mutex>
#include <sstream>

#include "runtime/static_files.hpp"

namespace shelcaster::runtime {
namespace {

using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

constexpr int kWaitMs = 20'000;

/// Echoes bodies, serves a folder under /files/, and greets on the WebSocket /ws.
class Echo final : public HttpHandler, public WebSocketListener {
 public:
  explicit Echo(std::filesystem::path root) : files_(std::move(root)) {}
  void handle_head(HttpRequest head, HttpDecide decide) override {
    if (head.target_path == "/refused") return decide(problem_response(401, "who are you?"));
    decide(BodyPlan{.bytes_max = 1'000'000, .to_file = head.target_path == "/spool"});
  }
  void handle_request(HttpRequest request, HttpRespond respond) override {
    if (request.target_path.starts_with("/files/")) {
      return respond(files_.get(std::string_view(request.target_path).substr(7), request.headers));
    }
    HttpResponse response;
    response.headers.emplace_back("X-Bad", "a\r\nInjected: yes");
    response.body = request.method + " " + request.target_path + " " + request.body;
    if (!request.body_file.empty()) {
      std::stringstream text;
      text << std::ifstream(request.body_file).rdbuf();
      response.body += text.str();
      last_spool_ = request.body_file;
    }
    respond(std::move(response));
  }
  void handle_upgrade(HttpRequest head, HttpUpgrade upgrade) override {
    if (head.target_path != "/ws") return upgrade(problem_response(404, "not here"));
    upgrade(WebSocketAccept{.subprotocol = "bearer.x",
                            .listener = std::shared_ptr<WebSocketListener>(self_.lock(), this)});
  }
  void handle_open(std::shared_ptr<WebSocketConnection> connection) override {
    const std::lock_guard lock(mutex_);
    connection_ = std::move(connection);
    connection_->send(std::make_shared<const std::string>("hello"), false);
  }
  void handle_text(std::string_view text) override {
    const std::lock_guard lock(mutex_);
    if (text == "bye") return connection_->close(4403, "kicked");
    if (text == "flood") {
      const auto big = std::make_shared<const std::string>(100'000, 'x');
      for (int i = 0; i < 400; ++i) connection_->send(big, false);
      return;
    }
    connection_->send(std::make_shared<const std::string>("got " + std::string(text)), false);
  }
  void handle_closed() override { ++closed_; }

  std::weak_ptr<Echo> self_;
  std::mutex mutex_;
  std::shared_ptr<WebSocketConnection> connection_;
  std::atomic<int> closed_{0};
  std::filesystem::path last_spool_;

 private:
  const StaticFiles files_;
};

class Client {
 public:
  Client(Client&&) = default;
  explicit Client(std::uint16_t port) : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(port);
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (::connect(fd_.get(), reinterpret_cast<sockaddr*>(&to), sizeof(to)) != 0) std::abort();
  }
  void send(std::string_view text) {
    while (!text.empty()) {
      const ssize_t put = ::send(fd_.get(), text.data(), text.size(), MSG_NOSIGNAL);
      if (put <= 0) return;
      text.remove_prefix(static_cast<std::size_t>(put));
    }
  }
  /// Until `end` was read or the server closed.
  std::string read_until(std::string_view end) {
    std::string text;
    std::array<char, 65'536> part{};
    while (end.empty() || text.find(end) == text.npos) {
      pollfd waiting{.fd = fd_.get(), .events = POLLIN, .revents = 0};
      if (::poll(&waiting, 1, kWaitMs) <= 0) return text + "<timeout>";
      const ssize_t got = ::recv(fd_.get(), part.data(), part.size(), 0);
      if (got <= 0) break;
      text.append(part.data(), static_cast<std::size_t>(got));
    }
    return text;
  }
  std::string read_all() { return read_until(""); }

 private:
  base::UniqueFd fd_;
};

class HttpServerTest : public testing::Test {
 protected:
  HttpServerTest() {
    std::filesystem::create_directories(dir_ / "root" / "sub");
    std::ofstream(dir_ / "root" / "a.txt") << "0123456789";
    std::ofstream(dir_ / "secret") << "secret";
    std::filesystem::create_symlink(dir_ / "secret", dir_ / "root" / "link");
    echo_ = std::make_shared<Echo>(dir_ / "root");
    echo_->self_ = echo_;
    HttpServerOptions options;
    options.listen = net::Endpoint::parse("127.0.0.1", 0).value();
    options.spool_dir = dir_;
    options.head_timeout = std::chrono::milliseconds(500);
    options.body_step_timeout = std::chrono::milliseconds(700);
    options.connections_per_address_max = 4;
    options.websocket_queue_bytes_max = 1'000'000;
    server_ = std::move(HttpServer::start(options, echo_).value());
  }
  ~HttpServerTest() override {
    server_->stop();
    {
      const std::lock_guard lock(echo_->mutex_);
      echo_->connection_.reset();
    }
    server_.reset();
    std::filesystem::remove_all(dir_);
  }
  Client connect() { return Client(server_->local().port()); }
  std::string ask(std::string_view request) {
    Client client = connect();
    client.send(request);
    return client.read_all();
  }

  const std::filesystem::path dir_ =
      std::filesystem::temp_directory_path() / ("http-test-" + std::to_string(::getpid()));
  std::shared_ptr<Echo> echo_;
  std::unique_ptr<HttpServer> server_;
};

constexpr std::string_view kEnd = "Host: x\r\nConnection: close\r\n\r\n";

TEST_F(HttpServerTest, AnswersPipelinedRequestsInOrder) {
  const std::string text =
      ask("GET /one HTTP/1.1\r\nHost: x\r\n\r\nPOST /two HTTP/1.1\r\nHost: x\r\nContent-Length: "
          "3\r\n\r\n"
          "abcGET /three?q HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  const auto one = text.find("GET /one ");
  const auto two = text.find("POST /two abc");
  const auto three = text.find("GET /three ");
  EXPECT_TRUE(one < two && two < three && three != text.npos) << text;
  EXPECT_THAT(text, Not(HasSubstr("Injected")));
}

TEST_F(HttpServerTest, RefusesHeadsThatAreTooLongBrokenOrSlow) {
  EXPECT_THAT(ask("GET / HTTP/1.1\r\nX: " + std::string(20'000, 'a') + "\r\n\r\n"),
              StartsWith("HTTP/1.1 431 "));
  EXPECT_THAT(ask("NONSENSE\r\n\r\n"), StartsWith("HTTP/1.1 400 "));
  EXPECT_THAT(ask("GET http://x/ HTTP/1.1\r\n\r\n"), StartsWith("HTTP/1.1 400 "));
  EXPECT_EQ(ask("GET / HTTP/1.1\r\nHo"), "");  // closed when the time is over
  EXPECT_THAT(
      ask("GET /ok HTTP/1.1\r\nX: " + std::string(10'000, 'a') + "\r\n" + std::string(kEnd)),
      StartsWith("HTTP/1.1 200 "));
}

TEST_F(HttpServerTest, RefusesAHugeBodyBeforeReadingIt) {
  Client client = connect();
  client.send("POST /x HTTP/1.1\r\nHost: x\r\nContent-Length: 2147483648\r\n\r\n");
  EXPECT_THAT(client.read_until("}"), StartsWith("HTTP/1.1 413 "));
  const std::string chunk = "80000\r\n" + std::string(0x80000, 'a') + "\r\n";
  EXPECT_THAT(ask("POST /x HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n" + chunk +
                  chunk + "0\r\n\r\n"),
              StartsWith("HTTP/1.1 413 "));
}

TEST_F(HttpServerTest, RefusesByTheHeadAndKeepsTheConnectionForASmallBody) {
  Client client = connect();
  client.send(
      "POST /refused HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabcGET /next HTTP/1.1\r\n" +
      std::string(kEnd));
  const std::string text = client.read_all();
  EXPECT_THAT(text, StartsWith("HTTP/1.1 401 "));
  EXPECT_THAT(text, HasSubstr("GET /next"));
}

TEST_F(HttpServerTest, SpoolsABodyAndDeletesItAfterTheAnswer) {
  Client client = connect();
  client.send("POST /spool HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 5\r\n" +
              std::string(kEnd));
  EXPECT_THAT(client.read_until("\r\n\r\n"), StartsWith("HTTP/1.1 100 Continue"));
  client.send("hello");
  EXPECT_THAT(client.read_all(), HasSubstr("POST /spool hello"));
  EXPECT_FALSE(std::filesystem::exists(echo_->last_spool_));
}

TEST_F(HttpServerTest, GivesUpOnABodyThatStops) {
  Client client = connect();
  client.send("POST /x HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nabc");
  EXPECT_THAT(client.read_all(), Not(HasSubstr("200 OK")));
}

TEST_F(HttpServerTest, LeavesTheBodyOutOfAnAnswerToHead) {
  const std::string text = ask("HEAD /files/a.txt HTTP/1.1\r\n" + std::string(kEnd));
  EXPECT_THAT(text, HasSubstr("Content-Length: 10\r\n"));
  EXPECT_THAT(text, Not(HasSubstr("0123")));
}

TEST_F(HttpServerTest, ServesRanges) {
  const auto range = [&](const std::string& value) {
    return ask("GET /files/a.txt HTTP/1.1\r\nRange: bytes=" + value + "\r\n" + std::string(kEnd));
  };
  EXPECT_THAT(range("2-4"), HasSubstr("\r\n\r\n234"));
  EXPECT_THAT(range("2-4"), HasSubstr("Content-Range: bytes 2-4/10"));
  EXPECT_THAT(range("-3"), HasSubstr("\r\n\r\n789"));
  EXPECT_THAT(range("8-"), HasSubstr("\r\n\r\n89"));
  EXPECT_THAT(range("10-"), StartsWith("HTTP/1.1 416 "));
  EXPECT_THAT(range("1-2,4-5"), StartsWith("HTTP/1.1 200 "));
}

TEST_F(HttpServerTest, ReachesNothingOutsideTheFolder) {
  for (const char* path : {"../secret", "%2e%2e/secret", "sub/../../secret", "..%2fsecret", "link",
                           "/etc/passwd", "sub", "", ".hidden", "a.txt%00", "%zz"}) {
    const std::string text =
        ask("GET /files/" + std::string(path) + " HTTP/1.1\r\n" + std::string(kEnd));
    EXPECT_THAT(text, StartsWith("HTTP/1.1 4")) << path;
    EXPECT_THAT(text, Not(HasSubstr("\r\n\r\nsecret"))) << path;
  }
}

TEST_F(HttpServerTest, CapsTheConnectionsOfOneAddress) {
  std::vector<Client> held;
  for (int i = 0; i < 4; ++i) held.push_back(connect());
  for (Client& client : held) {
    client.send("GET /x HTTP/1.1\r\nHost: x\r\n\r\n");
    EXPECT_THAT(client.read_until("/x "), StartsWith("HTTP/1.1 200 "));
  }
  EXPECT_EQ(ask("GET / HTTP/1.1\r\n\r\n"), "");
}

TEST_F(HttpServerTest, CountsTheClientsOfATrustedProxyEachOnTheirOwn) {
  HttpServerOptions options;
  options.listen = net::Endpoint::parse("127.0.0.1", 0).value();
  options.spool_dir = dir_;
  options.connections_per_address_max = 1;
  options.trusted_proxies = ProxyList::parse({"127.0.0.1"}).value();
  server_->stop();
  server_ = std::move(HttpServer::start(options, echo_).value());
  const auto upgrade = [](std::string_view client) {
    return "GET /ws HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
           "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
           "X-Forwarded-For: " +
           std::string(client) + "\r\n\r\n";
  };
  Client first = connect();
  first.send(upgrade("192.0.2.1"));
  EXPECT_THAT(first.read_until("\r\n\r\n"), StartsWith("HTTP/1.1 101 "));
  Client second = connect();
  second.send(upgrade("192.0.2.1"));
  EXPECT_THAT(second.read_until("\r\n\r\n"), StartsWith("HTTP/1.1 429 "));
  Client other = connect();
  other.send("GET /x HTTP/1.1\r\nHost: x\r\nX-Forwarded-For: 192.0.2.2\r\n\r\n");
  EXPECT_THAT(other.read_until("/x "), StartsWith("HTTP/1.1 200 "));
}

std::string masked_text(std::string_view text) {
  std::string frame = {static_cast<char>(0x81), static_cast<char>(0x80U | text.size()), 0, 0, 0, 0};
  return frame + std::string(text);  // the mask is zero
}

constexpr std::string_view kUpgrade =
    "GET /ws HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
    "Sec-WebSocket-Protocol: bearer.x\r\n\r\n";

TEST_F(HttpServerTest, TalksOverAWebSocketAndClosesItWithACode) {
  Client client = connect();
  client.send(kUpgrade);
  const std::string opening = client.read_until("hello");
  EXPECT_THAT(opening, HasSubstr("101 Switching Protocols"));
  EXPECT_THAT(opening, HasSubstr("Sec-WebSocket-Protocol: bearer.x"));
  client.send(masked_text("ping"));
  EXPECT_THAT(client.read_until("got ping"), HasSubstr("got ping"));
  client.send(masked_text("bye"));
  EXPECT_THAT(client.read_all(), HasSubstr("\x11\x33kicked"));  // 4403
  for (int i = 0; i < 400 && echo_->closed_ == 0; ++i) ::usleep(50'000);
  EXPECT_EQ(echo_->closed_, 1);
}

TEST_F(HttpServerTest, ClosesAWebSocketThatIsTooSlowForWhatMustArrive) {
  Client client = connect();
  client.send(kUpgrade);
  (void)client.read_until("hello");
  client.send(masked_text("flood"));
  for (int i = 0; i < 400 && echo_->closed_ == 0; ++i) ::usleep(50'000);
  EXPECT_EQ(echo_->closed_, 1);
}

TEST_F(HttpServerTest, SendsWhatIsQueuedToAWebSocketThatIsGivenTooMuchAtOnce) {
  Client client = connect();
  client.send(kUpgrade);
  (void)client.read_until("hello");
  client.send(masked_text("flood"));
  const std::string all = client.read_until("too slow");
  EXPECT_GT(std::count(all.begin(), all.end(), 'x'), 900'000);
  EXPECT_THAT(all, HasSubstr("\x03\xf5too slow"));  // 1013
}

TEST_F(HttpServerTest, RefusesAnUpgradeElsewhere) {
  std::string elsewhere(kUpgrade);
  elsewhere.replace(4, 3, "/no");
  EXPECT_THAT(ask(elsewhere), StartsWith("HTTP/1.1 404 "));
}

}  // namespace
}  // namespace shelcaster::runtime
