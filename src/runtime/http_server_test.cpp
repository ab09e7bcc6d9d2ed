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
    const bool is_narrow = head.target_path == "/narrow";
    decide(BodyPlan{.bytes_max = is_narrow ? 64U << 20U : 1'000'000U,
                    .to_file = is_narrow || head.target_path == "/spool",
                    .file_prefix = "of-me-",
                    .has_room = [this, is_narrow]() -> base::Result<void> {
                      if (!is_narrow || ++room_looks_ <= 3) return {};
                      return base::fail("nothing fits any more");
                    }});
  }
  void handle_request(HttpRequest request, HttpRespond respond) override {
    if (request.target_path.starts_with("/files/")) {
      return respond(files_.get(std::string_view(request.target_path).substr(7), request.headers));
    }
    HttpResponse response;
    if (request.target_path == "/large") {
      response.body.assign(std::size_t{7} * 1024 * 1024, 'x');
      return respond(std::move(response));
    }
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
  std::atomic<int> room_looks_{0};

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
    figures_ = options.figures;
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
  std::shared_ptr<HttpFigures> figures_;
  std::unique_ptr<HttpServer> server_;
};

constexpr std::string_view kEnd = "Host: x\r\nConnection: close\r\n\r\n";

constexpr std::string_view kUpgrade =
    "GET /ws HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
    "Sec-WebSocket-Protocol: bearer.x\r\n\r\n";

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

// Whoever reads one of these otherwise takes the rest for a request of its own.
TEST_F(HttpServerTest, AnswersOneRequestOnlyWhereItsEndIsAmbiguous) {
  const std::string hidden = "GET /hidden HTTP/1.1\r\n" + std::string(kEnd);
  const std::string first = "POST /x HTTP/1.1\r\nHost: x\r\n";
  for (const std::string fields :
       {"Transfer-Encoding: gzip\r\nContent-Length: 0\r\n\r\n", "Transfer-Encoding: gzip\r\n\r\n",
        "Content-Length: 6\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n",
        "Transfer-Encoding:\r\n chunked\r\n\r\n0\r\n\r\n", "Host: y\r\nContent-Length: 0\r\n\r\n",
        "Content-Length: 0\r\nContent-Length: 0\r\n\r\n"}) {
    const std::string text = ask(first + fields + hidden);
    EXPECT_THAT(text, StartsWith("HTTP/1.1 400 ")) << fields;
    EXPECT_THAT(text, Not(HasSubstr("hidden"))) << fields;
  }
  EXPECT_THAT(ask("GET / HTTP/1.1\r\n\r\n"), StartsWith("HTTP/1.1 400 "));
  EXPECT_THAT(ask("GET / HTTP/1.0\r\n\r\n"), StartsWith("HTTP/1.1 200 "));
  EXPECT_EQ(figures_->heads_refused, 8U);
}

TEST_F(HttpServerTest, TakesABodyInManySmallChunks) {
  std::string body;
  for (int i = 0; i < 1'000; ++i) body += "1;a=b\r\nx\r\n";
  const std::string text = ask("POST /small HTTP/1.1\r\nTransfer-Encoding: chunked\r\n" +
                               std::string(kEnd) + body + "0\r\n\r\n");
  EXPECT_THAT(text, HasSubstr("POST /small " + std::string(1'000, 'x')));
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
  EXPECT_THAT(echo_->last_spool_.filename().string(), StartsWith("of-me-"));
}

TEST_F(HttpServerTest, EndsASpooledBodyWhenThereIsNoMoreRoomForIt) {
  for (const char* framing : {"Content-Length: 33554432", "Transfer-Encoding: chunked"}) {
    echo_->room_looks_ = 0;
    Client client = connect();
    client.send(std::string("POST /narrow HTTP/1.1\r\nHost: x\r\n") + framing + "\r\n\r\n");
    const bool is_chunked = std::string_view(framing).starts_with("Transfer");
    if (is_chunked) client.send("2000000\r\n");
    client.send(std::string(6U << 20U, 'x'));
    const std::string text = client.read_all();
    EXPECT_THAT(text, StartsWith("HTTP/1.1 507 "));
    EXPECT_THAT(text, HasSubstr("Retry-After: 30"));
    EXPECT_THAT(text, HasSubstr("nothing fits any more"));
    EXPECT_EQ(echo_->room_looks_, 4);
  }
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

TEST_F(HttpServerTest, ServesWhatWasCompressedBeforeToWhoTakesIt) {
  std::ofstream(dir_ / "root" / "a.txt.br") << "brotli";
  std::ofstream(dir_ / "root" / "a.txt.gz") << "zipped";
  const auto get = [&](const std::string& fields) {
    return ask("GET /files/a.txt HTTP/1.1\r\n" + fields + std::string(kEnd));
  };
  const std::string plain = get("");
  EXPECT_THAT(plain, HasSubstr("\r\n\r\n0123456789"));
  EXPECT_THAT(plain, HasSubstr("Vary: Accept-Encoding\r\n"));
  EXPECT_THAT(plain, Not(HasSubstr("Content-Encoding")));
  const std::string coded = get("Accept-Encoding: gzip, deflate, br\r\n");
  EXPECT_THAT(coded, HasSubstr("Content-Encoding: br\r\n"));
  EXPECT_THAT(coded, HasSubstr("Content-Type: text/plain; charset=utf-8\r\n"));
  EXPECT_THAT(coded, HasSubstr("\r\n\r\nbrotli"));
  const auto etag = [](const std::string& text) {
    const std::size_t at = text.find("ETag: ") + 6;
    return text.substr(at, text.find('\r', at) - at);
  };
  EXPECT_NE(etag(plain), etag(coded));
  EXPECT_THAT(get("Accept-Encoding: br\r\nIf-None-Match: " + etag(coded) + "\r\n"),
              StartsWith("HTTP/1.1 304 "));
  EXPECT_THAT(get("Accept-Encoding: br;q=0, gzip;q=0.5\r\n"), HasSubstr("\r\n\r\nzipped"));
  EXPECT_THAT(get("Accept-Encoding: brown\r\n"), HasSubstr("\r\n\r\n0123456789"));
  // A part is one of the file as it is.
  EXPECT_THAT(get("Accept-Encoding: br\r\nRange: bytes=2-4\r\n"), HasSubstr("\r\n\r\n234"));
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
  EXPECT_EQ(ask("GET / HTTP/1.1\r\nHost: x\r\n\r\n"), "");
  EXPECT_EQ(figures_->connections_refused, 1U);
}

TEST_F(HttpServerTest, HoldsALimitedAmountForAnAddressThatDoesNotReadItsAnswers) {
  const std::string large = "GET /large HTTP/1.1\r\n" + std::string(kEnd);
  Client slow = connect();
  slow.send(large);
  EXPECT_THAT(slow.read_until("\r\n\r\n"), StartsWith("HTTP/1.1 200 "));
  EXPECT_THAT(ask(large), StartsWith("HTTP/1.1 503 "));
  EXPECT_THAT(ask("GET /small HTTP/1.1\r\n" + std::string(kEnd)), StartsWith("HTTP/1.1 200 "));
  EXPECT_GT(slow.read_all().size(), std::size_t{6} * 1024 * 1024) << "what was begun goes on";
  EXPECT_THAT(ask(large), StartsWith("HTTP/1.1 200 "));
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

// Beast shows neither to whoever reads messages.
TEST_F(HttpServerTest, ClosesAWebSocketThatIsFloodedWithWhatIsNoMessage) {
  const std::string mask(4, '\0');
  const std::string empty_continuation = std::string("\x00\x80", 2) + mask;
  const std::string pong = std::string("\x8a\x80", 2) + mask;
  const std::string ping = std::string("\x89\x80", 2) + mask;
  for (const std::string& frame : {empty_continuation, pong, ping}) {
    Client client = connect();
    client.send(kUpgrade);
    (void)client.read_until("hello");
    if (frame == empty_continuation) client.send(std::string("\x01\x80", 2) + mask);
    std::string flood;
    for (int i = 0; i < 4'000; ++i) flood += frame;
    client.send(flood);
    EXPECT_THAT(client.read_all(), HasSubstr("\x03\xf0too many"));  // 1008
  }
  EXPECT_EQ(figures_->websockets_ended, 3U);
}

TEST_F(HttpServerTest, EndsWhatWasAskedAndClosesTheRestWhenItDrains) {
  Client waiting = connect();
  waiting.send("GET /one HTTP/1.1\r\nHost: x\r\n\r\n");
  (void)waiting.read_until("GET /one");
  Client socket = connect();
  socket.send(kUpgrade);
  (void)socket.read_until("hello");
  Client asking = connect();
  asking.send("POST /two HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\na");
  while (server_->connections() < 3) ::usleep(1'000);
  server_->drain();
  asking.send("b");
  EXPECT_EQ(waiting.read_all(), "");
  EXPECT_THAT(socket.read_all(), HasSubstr("\x03\xf4the server restarts"));  // 1012
  const std::string answer = asking.read_all();
  EXPECT_THAT(answer, HasSubstr("POST /two ab"));
  EXPECT_THAT(answer, HasSubstr("Connection: close"));
  for (int i = 0; i < 400 && server_->connections() != 0; ++i) ::usleep(50'000);
  EXPECT_EQ(server_->connections(), 0U);
}

TEST_F(HttpServerTest, TakesASocketThatOthersKeep) {
  auto kept = std::make_shared<base::UniqueFd>(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in own{};
  own.sin_family = AF_INET;
  own.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  ASSERT_EQ(::bind(kept->get(), reinterpret_cast<sockaddr*>(&own), sizeof own), 0);
  ASSERT_EQ(::listen(kept->get(), 16), 0);
  HttpServerOptions options;
  options.listen_socket = kept;
  options.spool_dir = dir_;
  server_ = std::move(HttpServer::start(options, echo_).value());
  const net::Endpoint first = server_->local();
  EXPECT_THAT(ask("GET /1 HTTP/1.1\r\n" + std::string(kEnd)), StartsWith("HTTP/1.1 200 "));
  server_.reset();
  Client patient(first.port());  // into the queue of a socket that nobody serves
  patient.send("GET /2 HTTP/1.1\r\n" + std::string(kEnd));
  server_ = std::move(HttpServer::start(options, echo_).value());
  EXPECT_EQ(server_->local(), first);
  EXPECT_THAT(patient.read_all(), HasSubstr("GET /2 "));
}

TEST_F(HttpServerTest, RefusesAnUpgradeElsewhere) {
  std::string elsewhere(kUpgrade);
  elsewhere.replace(4, 3, "/no");
  EXPECT_THAT(ask(elsewhere), StartsWith("HTTP/1.1 404 "));
}

}  // namespace
}  // namespace shelcaster::runtime
