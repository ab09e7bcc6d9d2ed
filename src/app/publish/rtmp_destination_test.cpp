#include "output/rtmp/rtmp_publisher.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <thread>

#include "app/publish/rtmp_connect.hpp"
#include "media/ffmpeg_for_tests.hpp"
#include "runtime/system_clock.hpp"
#include "runtime/system_random.hpp"

namespace shelcaster::app {
namespace {

using media::TestFolder;
using output::RtmpProblem;
using output::RtmpPublisher;
using output::RtmpPublisherConfig;
using output::RtmpState;
constexpr auto kFrame = std::int64_t{media::kAacFrameSamples};

/// A port of 127.0.0.1 that was free a moment ago.
int free_port() {
  const int fd = socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  if (bind(fd, reinterpret_cast<sockaddr*>(&address), size) != 0 ||
      getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size) != 0) {
    std::abort();
  }
  close(fd);
  return ntohs(address.sin_port);
}

/// nginx with its RTMP module, recording what it gets; apart from the machine's own nginx.
class NginxRtmp {
 public:
  NginxRtmp(const TestFolder& folder, int port) : folder_(folder), port_(port) { start(); }
  NginxRtmp(const NginxRtmp&) = delete;
  NginxRtmp& operator=(const NginxRtmp&) = delete;
  ~NginxRtmp() { stop(SIGQUIT); }

  /// Each start has a recording of its own.
  void start() {
    media::write_file(
        folder_ / "nginx.conf",
        "load_module /usr/lib/nginx/modules/ngx_rtmp_module.so;\ndaemon off; master_process off;\n"
        "user root;\nerror_log " +
            (folder_ / "error.log") + ";\npid " + (folder_ / "nginx.pid") +
            ";\nevents {}\nrtmp { server { listen 127.0.0.1:" + std::to_string(port_) +
            "; application live { live on; record all; record_path " + folder_.path().string() +
            "; record_suffix -" + std::to_string(++starts_) + ".flv; } } }\n");
    child_ = fork();
    if (child_ == 0) {
      execl("/usr/sbin/nginx", "nginx", "-c", (folder_ / "nginx.conf").c_str(), "-p",
            folder_.path().c_str(), nullptr);
      _exit(127);
    }
  }
  void stop(int signal) {
    if (child_ <= 0) return;
    kill(child_, signal);
    waitpid(std::exchange(child_, -1), nullptr, 0);
  }
  /// Waits, at most 10 s, until it has taken all that it was sent: the recording is closed then.
  /// It would drop what it has not read yet when it is stopped.
  [[nodiscard]] bool has_closed_its_recording() const {
    const std::string files = "/proc/" + std::to_string(child_) + "/fd";
    for (int i = 0; i < 500; ++i) {
      bool is_open = false;
      for (const auto& entry : std::filesystem::directory_iterator(files)) {
        std::error_code gone;
        is_open |= std::filesystem::read_symlink(entry, gone).extension() == ".flv";
      }
      if (!is_open) return true;
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
    }
    return false;
  }
  [[nodiscard]] std::vector<std::string> recordings() const {
    std::vector<std::string> paths;
    for (const auto& entry : std::filesystem::directory_iterator(folder_.path())) {
      if (entry.path().extension() == ".flv") paths.push_back(entry.path().string());
    }
    std::sort(paths.begin(), paths.end());
    return paths;
  }

 private:
  const TestFolder& folder_;
  int port_;
  int starts_ = 0;
  pid_t child_ = -1;
};

/// Speaks for `publish`: a tone in AAC, and a worker loop.
class Programme {
 public:
  void push(RtmpPublisher& publisher, int frames) {
    for (int i = 0; i < frames; ++i, next_ += kFrame) {
      for (auto& packet :
           encoder_.encode(base::SampleTime(next_), media::tone(1000, 0.25, next_, kFrame))) {
        publisher.push(std::make_shared<const media::AacPacket>(std::move(packet)));
      }
    }
  }
  [[nodiscard]] base::Bytes config() const {
    return {encoder_.config().begin(), encoder_.config().end()};
  }

 private:
  media::AacEncoder encoder_;
  std::int64_t next_ = 1'000 * kFrame;
};

RtmpPublisherConfig config_for(const Programme& programme, const std::string& url) {
  RtmpPublisherConfig config;
  config.address = output::parse_rtmp_url(url).value();
  config.aac_config = programme.config();
  config.backoff_min = std::chrono::milliseconds(100);
  config.backoff_max = std::chrono::milliseconds(400);
  config.stall_max = std::chrono::seconds(3);
  return config;
}

/// A publisher that really connects, with what it needs.
struct Connected {
  explicit Connected(RtmpPublisherConfig config, const std::string& ca_file = "",
                     bool is_private_allowed = true)
      : publisher(std::move(config), make_rtmp_connect(ca_file, is_private_allowed), random,
                  [] { return runtime::SystemClock::now(); }) {}
  runtime::SystemRandom random;
  RtmpPublisher publisher;
};

/// Works until it is live (or not any more), at most 10 s.
bool work_until(RtmpPublisher& publisher, RtmpState state, Programme* programme = nullptr) {
  for (int i = 0; i < 500; ++i) {
    if (programme != nullptr) programme->push(publisher, 1);
    publisher.work();
    if (publisher.status().state == state) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  return false;
}

/// So many frames, as fast as they are taken.
void stream(RtmpPublisher& publisher, Programme& programme, int frames) {
  for (int sent = 0; sent < frames; sent += 20) {
    programme.push(publisher, 20);
    publisher.work();
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
}

bool finishes(RtmpPublisher& publisher) {
  for (int i = 0; i < 500; ++i) {
    if (publisher.finish()) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  return false;
}

void expect_good_recording(const std::string& path, double seconds_min) {
  SCOPED_TRACE(path);
  const std::string streams = media::output_of(
      "ffprobe -v error -show_entries stream=codec_name,width,height,has_b_frames -of csv=p=0 " +
      path);
  EXPECT_NE(streams.find("h264,640,360,0"), std::string::npos) << streams;
  EXPECT_NE(streams.find("aac"), std::string::npos) << streams;
  const auto got = media::decoded_by_ffmpeg(path);
  ASSERT_GT(static_cast<double>(got.size()) / 2, seconds_min * 48'000);
  const auto range =
      media::tone_range_db(std::span(got).subspan(2 * 9'600, got.size() - 4 * 9'600), 1000);
  EXPECT_NEAR(range.min_db, -12.04, 0.3);
  EXPECT_NEAR(range.max_db, -12.04, 0.3);
  // An IDR each two seconds.
  const std::string keys = media::output_of(
      "ffprobe -v error -select_streams v -skip_frame nokey -show_entries frame=pts_time -of "
      "csv=p=0 " +
      path);
  std::istringstream lines(keys);
  double last = -2.0;
  for (double at = 0; lines >> at; last = at) {
    EXPECT_NEAR(at - last, 2.0, 0.01);
    lines.ignore(100, '\n');
  }
}

TEST(RtmpDestination, PutsToneAndCardOnARealServerAndComesBackWhenItRestarts) {
  const TestFolder folder;
  const int port = free_port();
  Programme programme;
  Connected connected(
      config_for(programme, "rtmp://127.0.0.1:" + std::to_string(port) + "/live/key"));
  RtmpPublisher& publisher = connected.publisher;
  publisher.work();
  EXPECT_EQ(publisher.status().state, RtmpState::kRetrying) << "nobody listens yet";
  EXPECT_EQ(publisher.status().problem, RtmpProblem::kUnreachable);
  EXPECT_NE(publisher.status().detail.find("Connection refused"), std::string::npos)
      << publisher.status().detail;

  NginxRtmp server(folder, port);
  ASSERT_TRUE(work_until(publisher, RtmpState::kLive)) << publisher.status().detail;
  stream(publisher, programme, 240);
  server.stop(SIGKILL);
  ASSERT_TRUE(work_until(publisher, RtmpState::kRetrying, &programme));
  server.start();
  ASSERT_TRUE(work_until(publisher, RtmpState::kLive)) << publisher.status().detail;
  stream(publisher, programme, 240);
  EXPECT_TRUE(finishes(publisher));
  EXPECT_EQ(publisher.status().connections, 2U);
  EXPECT_EQ(publisher.status().frames_dropped, 0U);
  EXPECT_TRUE(server.has_closed_its_recording());
  server.stop(SIGQUIT);

  const auto recordings = server.recordings();
  ASSERT_EQ(recordings.size(), 2U);
  expect_good_recording(recordings.back(), 4.9);
}

TEST(RtmpDestination, CanBeLeftWhileTheServerTakesNothing) {
  // A server that accepts the connection and then says nothing.
  const int listener = socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  ASSERT_EQ(bind(listener, reinterpret_cast<sockaddr*>(&address), size), 0);
  ASSERT_EQ(listen(listener, 1), 0);
  ASSERT_EQ(getsockname(listener, reinterpret_cast<sockaddr*>(&address), &size), 0);
  Programme programme;
  Connected connected(config_for(
      programme, "rtmp://127.0.0.1:" + std::to_string(ntohs(address.sin_port)) + "/live/key"));
  RtmpPublisher& publisher = connected.publisher;
  const auto before = std::chrono::steady_clock::now();
  for (int i = 0; i < 20; ++i) {
    programme.push(publisher, 20);
    publisher.work();
  }
  EXPECT_LT(std::chrono::steady_clock::now() - before, std::chrono::seconds(2)) << "no call waits";
  EXPECT_EQ(publisher.status().state, RtmpState::kConnecting);
  close(listener);
}

TEST(RtmpDestination, DoesNotConnectIntoAPrivateNetworkUnlessAllowed) {
  Programme programme;
  for (const char* url :
       {"rtmp://127.0.0.1:1/live/key", "rtmp://[::1]:1/live/key", "rtmp://localhost:1/live/key",
        "rtmp://127.1:1/live/key", "rtmp://[::ffff:127.0.0.1]:1/live/key"}) {
    Connected connected(config_for(programme, url), "", false);
    connected.publisher.work();
    EXPECT_EQ(connected.publisher.status().problem, RtmpProblem::kPrivateAddress) << url;
    EXPECT_NE(connected.publisher.status().detail.find("allow_private_destinations"),
              std::string::npos);
  }
}

TEST(RtmpDestination, RefusesAServerWhoseCertificateNobodyVouchesFor) {
  const TestFolder folder;
  const int port = free_port();
  ASSERT_EQ(std::system(("openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost "
                         "-addext subjectAltName=DNS:localhost -keyout " +
                         (folder / "k.pem") + " -out " + (folder / "c.pem") + " 2>/dev/null")
                            .c_str()),
            0);
  // The server hangs up when its standard input ends.
  std::array<int, 2> input{};
  ASSERT_EQ(pipe(input.data()), 0);
  const pid_t server = fork();
  if (server == 0) {
    dup2(input[0], 0);
    dup2(::open("/dev/null", O_WRONLY), 1);
    execlp("openssl", "openssl", "s_server", "-quiet", "-accept",
           ("127.0.0.1:" + std::to_string(port)).c_str(), "-key", (folder / "k.pem").c_str(),
           "-cert", (folder / "c.pem").c_str(), nullptr);
    _exit(127);
  }
  std::this_thread::sleep_for(std::chrono::milliseconds(500));
  Programme programme;
  const std::string url = "rtmps://localhost:" + std::to_string(port) + "/live/key";
  const std::string by_number = "rtmps://127.0.0.1:" + std::to_string(port) + "/live/key";
  struct Case {
    std::string url;
    std::string ca_file;
    RtmpProblem problem;
    std::string word;
  };
  for (const Case& one :
       {Case{url, "", RtmpProblem::kCertificate, "self-signed"},
        Case{by_number, folder / "c.pem", RtmpProblem::kCertificate, "for another name"},
        Case{url, folder / "none.pem", RtmpProblem::kCertificate, "rtmps_ca_file"},
        // With its certificate trusted it gets as far as waiting for an RTMP answer.
        Case{url, folder / "c.pem", RtmpProblem::kNone, ""}}) {
    Connected connected(config_for(programme, one.url), one.ca_file);
    connected.publisher.work();
    const output::RtmpStatus status = connected.publisher.status();
    EXPECT_EQ(status.problem, one.problem) << status.detail;
    EXPECT_NE(status.detail.find(one.word), std::string::npos) << status.detail;
    EXPECT_EQ(status.state,
              one.problem == RtmpProblem::kNone ? RtmpState::kConnecting : RtmpState::kRetrying);
  }
  kill(server, SIGTERM);
  waitpid(server, nullptr, 0);
  close(input[0]);
  close(input[1]);
}

}  // namespace
}  // namespace shelcaster::app
