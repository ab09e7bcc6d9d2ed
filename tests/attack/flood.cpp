// attack_flood --to PORT --kind KIND [--rate N] [--seconds N]
//
// Sends datagrams of one kind to a UDP port of 127.0.0.1 from many addresses of 127.0.0.0/8, and
// counts what comes back. For kinds that need a session it first prints "OFFER <bytes>" and an SDP
// offer, and reads "ANSWER <bytes>" and the answer from its standard input; the session then goes
// on beside the flood. Ends with one line of JSON.
#include <fmt/format.h>
#include <time.h>

#include <CLI/CLI.hpp>
#include <array>
#include <cstdio>
#include <iostream>
#include <memory>
#include <string>
#include <vector>

#include "ammunition.hpp"
#include "insider.hpp"
#include "runtime/system_clock.hpp"
#include "runtime/system_random.hpp"

namespace shelcaster::attack {
namespace {

using runtime::SystemClock;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr std::size_t kSockets = 200;
constexpr base::Duration kStep = milliseconds(1);

struct Options {
  std::uint16_t port = 0;
  std::string kind;
  int rate = 50'000;
  int seconds = 5;
};

void nap_until(base::Instant at) {
  const timespec wanted{.tv_sec = at.nanoseconds() / 1'000'000'000,
                        .tv_nsec = at.nanoseconds() % 1'000'000'000};
  (void)clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &wanted, nullptr);
}

std::unique_ptr<Insider> become_insider(base::Random& random) {
  auto insider = std::make_unique<Insider>(random);
  const std::string offer = insider->offer();
  fmt::print("OFFER {}\n{}", offer.size(), offer);
  std::fflush(stdout);
  std::string word;
  std::size_t size = 0;
  std::cin >> word >> size;
  std::cin.ignore(1);
  std::string answer(size, '\0');
  std::cin.read(answer.data(), static_cast<std::streamsize>(size));
  if (!std::cin || word != "ANSWER" || !insider->accept(answer)) return nullptr;
  constexpr std::size_t kPacketsToRecord = 60;
  const base::Instant give_up = SystemClock::now() + seconds(10);
  while (!insider->is_connected() || insider->recorded().size() < kPacketsToRecord) {
    if (SystemClock::now() > give_up) return nullptr;
    insider->run_once();
    nap_until(SystemClock::now() + kStep);
  }
  return insider;
}

class Flood {
 public:
  Flood(const Options& options, std::vector<base::Bytes> datagrams, Insider* insider)
      : options_(options), datagrams_(std::move(datagrams)), insider_(insider) {
    for (std::size_t i = 0; i < kSockets; ++i) {
      auto socket = runtime::UdpSocket::bind(net::Endpoint::v4(
          {127, 0, static_cast<std::uint8_t>(1 + i / 100), static_cast<std::uint8_t>(1 + i % 100)},
          0));
      if (!socket) throw std::runtime_error(socket.error().message);
      sockets_.push_back(*std::move(socket));
    }
  }

  void run() {
    const base::Instant began = SystemClock::now();
    const base::Instant end = began + seconds(options_.seconds);
    base::Instant next = began;
    for (base::Instant now = began; now < end; now = SystemClock::now()) {
      const auto wanted =
          static_cast<std::uint64_t>((now + kStep - began).count() * options_.rate / 1'000'000'000);
      send_up_to(wanted);
      receive();
      if (insider_ != nullptr) insider_->run_once();
      next = next + kStep;
      if (SystemClock::now() < next) nap_until(next);
    }
    took_s_ = static_cast<double>((SystemClock::now() - began).count()) * 1e-9;
  }

  void report() const {
    fmt::print(
        "{{\"kind\":\"{}\",\"sent\":{},\"sentBytes\":{},\"seconds\":{:.2f},\"rate\":{:.0f},"
        "\"answers\":{},\"answerBytes\":{},\"insiderConnected\":{}}}\n",
        options_.kind, sent_, sent_bytes_, took_s_, static_cast<double>(sent_) / took_s_, answers_,
        answer_bytes_, insider_ != nullptr && insider_->is_connected());
  }

 private:
  /// In batches, each from another address; every fourth from the insider's own, if there is one
  /// whose media it is.
  void send_up_to(std::uint64_t wanted) {
    std::array<net::Transmit, runtime::UdpSocket::kBatchMax> batch;
    const net::Endpoint to = net::Endpoint::v4({127, 0, 0, 1}, options_.port);
    while (tried_ < wanted) {
      const std::size_t count = std::min<std::uint64_t>(wanted - tried_, batch.size());
      for (std::size_t i = 0; i < count; ++i) {
        const base::Bytes& bytes = datagrams_[(tried_ + i) % datagrams_.size()];
        batch[i] = {.remote = to, .bytes = bytes};
        sent_bytes_ += bytes.size();
      }
      const std::uint64_t turn = batches_++;
      runtime::UdpSocket& socket = insider_ != nullptr && turn % 4 == 0
                                       ? insider_->socket()
                                       : sockets_[turn % sockets_.size()];
      sent_ += socket.send(std::span(batch).first(count));
      tried_ += count;
    }
  }

  void receive() {
    for (std::size_t i = 0; i < 20; ++i) {
      for (const auto& datagram : sockets_[next_read_++ % sockets_.size()].receive(slots_)) {
        ++answers_;
        answer_bytes_ += datagram.size;
      }
    }
  }

  const Options options_;
  const std::vector<base::Bytes> datagrams_;
  Insider* const insider_;
  std::vector<runtime::UdpSocket> sockets_;
  std::array<runtime::ReceivedDatagram, 16> slots_{};
  std::uint64_t batches_ = 0;
  std::uint64_t tried_ = 0;
  std::uint64_t sent_ = 0;
  std::uint64_t sent_bytes_ = 0;
  std::uint64_t answers_ = 0;
  std::uint64_t answer_bytes_ = 0;
  std::size_t next_read_ = 0;
  double took_s_ = 0;
};

int run(const Options& options) {
  const auto kind = kind_of(options.kind);
  if (!kind) {
    fmt::print(stderr, "no kind {}; there are: {}\n", options.kind, fmt::join(kNames, ", "));
    return 2;
  }
  runtime::SystemRandom random;
  std::unique_ptr<Insider> insider;
  if (needs_insider(*kind)) {
    insider = become_insider(random);
    if (!insider) {
      fmt::print(stderr, "no session came up\n");
      return 1;
    }
  }
  static const std::vector<base::Bytes> kNothing;
  Flood flood(options,
              make_datagrams(*kind, random, insider ? insider->server_ice() : rtc::IceCredentials{},
                             insider ? insider->recorded() : kNothing),
              insider.get());
  flood.run();
  flood.report();
  return 0;
}

}  // namespace
}  // namespace shelcaster::attack

int main(int argc, char** argv) {
  CLI::App app("Floods a UDP port of this machine, for tests", "attack_flood");
  shelcaster::attack::Options options;
  app.add_option("--to", options.port)->required();
  app.add_option("--kind", options.kind)->required();
  app.add_option("--rate", options.rate);
  app.add_option("--seconds", options.seconds);
  CLI11_PARSE(app, argc, argv);
  return shelcaster::attack::run(options);
}
