#include "live_show.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <vector>

#include "media/ready_file.hpp"
#include "runtime/system_clock.hpp"
#include "traps.hpp"

namespace shelcaster::realtime {

using runtime::SystemClock;

LiveShow::LiveShow()
    : certificate_(rtc::DtlsCertificate::make().value()),
      socket_(runtime::UdpSocket::bind(net::Endpoint::v4({127, 0, 0, 1}, 0)).value()),
      stage_socket_(runtime::UdpSocket::adopt(dup(socket_.fd())).value()),
      tape_memory_(tape::create_tape(12, {SystemClock::now(), SystemClock::wall()}).value()),
      tape_(tape::TapeWriter::attach(tape_memory_.fd()).value()),
      floor_(std::make_unique<app::Floor>(feed_, tape_, checkpoint_, outbox_)),
      stage_({.certificate = certificate_.get(), .host_candidates = {socket_.local()}}, playlist_,
             random_, *this),
      wake_stage_(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)),
      wake_feeder_(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)),
      loop_(std::make_unique<app::AudioLoop>(
          *floor_, outbox_, commands_, socket_, tape_.epoch(),
          app::AudioLoopWakes{.stage_fd = wake_stage_.get(), .feeder_fd = wake_feeder_.get()})) {
  write_track();
  send_desired();
  feeder_ =
      std::thread([this] { app::DeckFeeder(feed_, playlist_).run(is_over_, wake_feeder_.get()); });
  std::thread([this] {
    enter();
    loop_->run(is_over_);
    leave();
    has_left_.store(true);
    stay();
  }).detach();
}

LiveShow::~LiveShow() {
  is_over_.store(true);
  (void)eventfd_write(wake_feeder_.get(), 1);
  feeder_.join();
  std::filesystem::remove(track_);
  // It can't be joined, since it never ends; after this it touches nothing of ours.
  while (!has_left_.load()) poll(nullptr, 0, 1);
}

void LiveShow::write_track() {
  std::string pattern = (std::filesystem::temp_directory_path() / "realtimeXXXXXX").string();
  const base::UniqueFd file(mkstemp(pattern.data()));
  track_ = pattern;
  auto writer = media::ReadyFileWriter::start(file.get());
  if (!writer->write(std::vector<float>(2 * 48'000 * 20, 0.1F)) || !writer->finish()) std::abort();
}

void LiveShow::to_floor(app::FloorCommand&& command) {
  pending_.push_back(std::move(command));
  while (!pending_.empty() && commands_.try_push(std::move(pending_.front()))) pending_.pop_front();
  loop_->poke();
}

void LiveShow::to_link(link::MixToKeeper message) {
  if (auto* answer = std::get_if<link::Answer>(&message)) {
    answers_[answer->request_id] = std::move(answer->sdp);
  } else if (auto* deck = std::get_if<link::DeckReport>(&message)) {
    deck_state_ = std::move(deck->state);
  }
}

void LiveShow::send_desired() {
  ++desired_.version;
  stage_.handle_link(SystemClock::now(), desired_);
}

void LiveShow::sit(const std::string& id, bool is_on_air) {
  desired_.seats.push_back(
      {.participant_id = id, .role = "CALLER", .is_on_air = is_on_air, .controls = {}});
  send_desired();
}

void LiveShow::stand_up(const std::string& id) {
  std::erase_if(desired_.seats, [&](const link::Seat& seat) { return seat.participant_id == id; });
  send_desired();
  guests_.erase(id);
}

void LiveShow::set_on_air(const std::string& id, bool is_on_air) {
  for (link::Seat& seat : desired_.seats) {
    if (seat.participant_id == id) seat.is_on_air = is_on_air;
  }
  send_desired();
}

void LiveShow::connect(const std::string& id) {
  const std::string request = "request-" + std::to_string(++requests_);
  auto guest = std::make_unique<Guest>(*certificate_, random_);
  stage_.handle_link(SystemClock::now(), link::Offer{.request_id = request,
                                                     .session_id = "s-" + request,
                                                     .participant_id = id,
                                                     .kind = "whip",
                                                     .sdp = guest->offer()});
  // Nobody else asks, so that what the lane has is this.
  stage_.answer_next_offer(std::max(SystemClock::now(), stage_.next_offer()));
  if (!answers_.contains(request)) std::abort();
  guest->accept(answers_.at(request));
  guests_[id] = std::move(guest);
}

void LiveShow::play_deck() {
  desired_.queue = {{.item_id = "item",
                     .track_id = {},
                     .path = track_.string(),
                     .gain_db = 0,
                     .duration_ms = {},
                     .title = "track"}};
  send_desired();
  command_deck("DECK_PLAY");
}

void LiveShow::command_deck(const std::string& command) {
  link::Command message;
  message.id = "command-" + std::to_string(++requests_);
  message.command = command;
  if (command == "DECK_SEEK") message.position_ms = 5'000;
  stage_.handle_link(SystemClock::now(), message);
}

void LiveShow::send_garbage(int count) {
  auto sender = runtime::UdpSocket::bind(net::Endpoint::v4({127, 0, 0, 1}, 0)).value();
  for (int i = 0; i < count; ++i) {
    std::array<std::byte, 120> bytes{};
    for (std::byte& b : bytes) b = static_cast<std::byte>(random_.u32());
    bytes[0] = std::byte{i % 2 == 0 ? std::uint8_t{0} : std::uint8_t{0x80}};
    // Every fourth comes from a guest's own address, which a line knows.
    auto& from = i % 4 == 1 && !guests_.empty() ? guests_.begin()->second->socket() : sender;
    from.send(net::Transmit{.remote = socket_.local(), .bytes = bytes});
  }
}

bool LiveShow::run_until(const std::function<bool()>& is_so) {
  const base::Instant end = SystemClock::now() + std::chrono::seconds(10);
  while (!is_so()) {
    if (SystemClock::now() > end) return false;
    run_once();
  }
  return true;
}

void LiveShow::run_for(base::Duration length) {
  const base::Instant end = SystemClock::now() + length;
  while (SystemClock::now() < end) run_once();
}

void LiveShow::run_once() {
  pollfd wake{wake_stage_.get(), POLLIN, 0};
  if (poll(&wake, 1, 2) > 0) {
    eventfd_t ignored = 0;
    (void)eventfd_read(wake_stage_.get(), &ignored);
  }
  const base::Instant now = SystemClock::now();
  if (!is_stalled_) drain_outbox(now);
  while (!pending_.empty() && commands_.try_push(std::move(pending_.front()))) pending_.pop_front();
  stage_.handle_timeout(now);
  for (auto& [id, guest] : guests_) guest->run_once(now);
}

void LiveShow::drain_outbox(base::Instant now) {
  while (auto retired = outbox_.retired.try_pop()) retired.reset();
  while (auto datagram = outbox_.datagrams.try_pop()) {
    stage_.handle_datagram(now, datagram->sorted());
  }
  while (auto report = outbox_.reports.try_pop()) stage_.handle_report(now, *report);
  while (auto levels = outbox_.levels.try_pop()) stage_.handle_levels(*levels);
}

}  // namespace shelcaster::realtime
