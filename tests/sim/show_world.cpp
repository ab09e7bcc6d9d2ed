#include "show_world.hpp"

#include <cstring>
#include <stdexcept>
#include <utility>

#include "base/allocation_counter_for_tests.hpp"
#include "rtc/dtls/openssl_clock_for_tests.hpp"
#include "rtc/peer/demux.hpp"

namespace shelcaster::sim {
namespace {

using std::chrono::milliseconds;

const base::Instant kStart = base::Instant::from_nanoseconds(1'000'000'000);
const net::Endpoint kServerAt = net::Endpoint::v4({203, 0, 113, 1}, 9000);
constexpr float kToneLevelDb = -30.0F;  // below the compressor's threshold

const rtc::DtlsCertificate& certificate() {
  static const auto made = rtc::DtlsCertificate::make();
  return **made;
}

template <typename T>
T must(base::Result<T> result) {
  if (!result) throw std::runtime_error(result.error().message);
  return *std::move(result);
}

}  // namespace

ShowWorld::ShowWorld(std::uint64_t seed, rtc::WireConditions conditions)
    : random_(seed), wire_(seed + 1, conditions, kStart) {
  rtc::set_openssl_clock(kStart);
  wire_.on_clock([](base::Instant now) { rtc::set_openssl_clock(now); });
  tape_memory_ = must(tape::create_tape(12, {.monotonic = kStart, .wall = {}}));
  tape_writer_ = must(tape::TapeWriter::attach(tape_memory_->fd()));
  tape_reader_ = must(tape::TapeReader::attach(tape_memory_->fd()));
  floor_ = std::make_unique<app::Floor>(feed_, *tape_writer_, outbox_);
  stage_ = std::make_unique<app::Stage>(
      app::SwitchboardConfig{.certificate = &certificate(), .host_candidates = {kServerAt}},
      playlist_, random_, static_cast<app::StageSink&>(*this));
  add_server_end();
  send_desired();
}

ShowWorld::~ShowWorld() = default;

void ShowWorld::to_floor(app::FloorCommand&& command) {
  const std::int64_t before = testing::allocation_count();
  floor_->apply(std::move(command));
  floor_allocations_ += testing::allocation_count() - before;
}

void ShowWorld::to_link(boost::json::object message) {
  const std::string_view type = link::type_of(message);
  if (type == "answer" || type == "refuse") {
    answers_[std::string(message.at("requestId").as_string())] = std::move(message);
  } else if (type != "levels") {
    trace(boost::json::serialize(message));
  }
}

void ShowWorld::transmit(const net::Transmit& datagram) {
  outgoing_.emplace_back(datagram.remote,
                         base::Bytes(datagram.bytes.begin(), datagram.bytes.end()));
}

void ShowWorld::add_server_end() {
  rtc::WireEnd end;
  end.address = kServerAt;
  end.handle_datagram = [this](base::Instant now, const net::Datagram& datagram) {
    if (!deaf_to_.empty() && datagram.remote == people_.at(deaf_to_).address &&
        rtc::is_rtp_or_rtcp(datagram.bytes)) {
      return;
    }
    const std::int64_t before = testing::allocation_count();
    (void)floor_->handle_datagram(now, datagram);
    floor_allocations_ += testing::allocation_count() - before;
    drain_outbox(now);
  };
  end.handle_timeout = [this](base::Instant now) { stage_->handle_timeout(now); };
  end.drain = [this](const auto& send) {
    for (const auto& [remote, bytes] : outgoing_) send({.remote = remote, .bytes = bytes});
    outgoing_.clear();
    return stage_->next_timeout();
  };
  wire_.add(std::move(end));
}

std::size_t ShowWorld::add_person_end(Person& person) {
  rtc::WireEnd end;
  end.address = person.address;
  end.handle_datagram = [&person](base::Instant now, const net::Datagram& datagram) {
    if (person.peer) person.peer->handle_datagram(now, datagram);
  };
  end.handle_timeout = [&person](base::Instant now) {
    if (person.peer) person.peer->handle_timeout(now);
  };
  end.drain = [&person](const auto& send) {
    while (person.peer) {
      const rtc::TransportOutput output = person.peer->poll_output();
      if (const auto* timeout = std::get_if<rtc::Timeout>(&output)) return timeout->at;
      if (const auto* datagram = std::get_if<net::Transmit>(&output)) send(*datagram);
    }
    return base::Instant::never();
  };
  return wire_.add(std::move(end));
}

void ShowWorld::send_desired() {
  link::Desired desired;
  desired.version = ++desired_version_;
  desired.show_id = "show-sim";
  desired.routing.callers_volume = 100;
  for (const auto& [id, person] : people_) {
    if (!person.is_present) continue;
    desired.seats.push_back({.participant_id = id,
                             .role = "CALLER",
                             .is_on_air = person.is_on_air,
                             .volume = 100,
                             .is_muted = false});
  }
  stage_->handle_link(wire_.now(), link::to_json(desired));
}

Person& ShowWorld::join(const std::string& id, double tone_hz, bool is_on_air) {
  Person& person = people_[id];
  person.id = id;
  person.tone_hz = tone_hz;
  person.is_on_air = is_on_air;
  person.voice.emplace(tone_hz, kToneLevelDb);
  send_desired();
  offer(person);
  return person;
}

void ShowWorld::offer(Person& person) {
  person.address = net::Endpoint::v4({192, 0, 2, 1}, next_port_++);
  rtc::PeerConfig config;
  config.certificate = &certificate();
  config.encoder = {.channels = 1,
                    .bitrate_bps = 64'000,
                    .complexity = 5,
                    .fec = true,
                    .expected_loss_percent = 10,
                    .speech = true};
  person.peer = std::make_unique<rtc::Peer>(config, random_);
  person.session_id = "sess-" + std::to_string(++sessions_made_);
  const std::string request_id = "req-" + person.session_id;
  stage_->handle_link(wire_.now(), link::to_json(link::Offer{.request_id = request_id,
                                                             .session_id = person.session_id,
                                                             .participant_id = person.id,
                                                             .kind = "whip",
                                                             .sdp = person.peer->make_offer()}));
  const auto answer = must(link::parse_answer(answers_.at(request_id)));
  const auto accepted = person.peer->accept_answer(wire_.now(), answer.sdp);
  if (!accepted) throw std::runtime_error(accepted.error().message);
  person.wire_end = add_person_end(person);
}

void ShowWorld::set_on_air(const std::string& id, bool is_on_air) {
  people_.at(id).is_on_air = is_on_air;
  send_desired();
}

void ShowWorld::refresh(const std::string& id) {
  Person& person = people_.at(id);
  // Nothing reaches the closed page any more, and it says nothing.
  wire_.end(person.wire_end) = {.address = net::Endpoint::v4({0, 0, 0, 0}, 1),
                                .handle_datagram = [](base::Instant, const net::Datagram&) {},
                                .handle_timeout = [](base::Instant) {},
                                .drain = [](const auto&) { return base::Instant::never(); }};
  offer(person);
}

void ShowWorld::kick(const std::string& id) {
  people_.at(id).is_present = false;
  send_desired();
}

void ShowWorld::run(base::Duration length) {
  const base::Instant until = wire_.now() + length;
  while (wire_.now() < until) {
    tick();
    wire_.run(milliseconds(10));
  }
}

void ShowWorld::tick() {
  const base::Instant now = wire_.now();
  for (auto& [id, person] : people_) {
    if (!person.peer) continue;
    audio::StereoBlock block{};
    (void)person.peer->pull(now, block);
    person.heard.insert(person.heard.end(), block.begin(), block.end());
    person.voice->fill(block);
    for (std::size_t i = 0; i < block.size(); i += 2) person.pcm.push_back(block[i]);
    if (person.is_second_half) {
      person.peer->push(now, person.pcm);
      person.pcm.clear();
    }
    person.is_second_half = !person.is_second_half;
  }
  const std::int64_t before = testing::allocation_count();
  floor_->tick(next_, now);
  floor_allocations_ += testing::allocation_count() - before;
  next_ = next_ + audio::kBlockFrames;
  for (const net::Transmit& datagram : floor_->transmits()) transmit(datagram);
  const audio::StereoBlock& programme = floor_->rendered().programme;
  programme_.insert(programme_.end(), programme.begin(), programme.end());
  trace_samples(programme);
  drain_outbox(now);
}

void ShowWorld::drain_outbox(base::Instant now) {
  while (auto retired = outbox_.retired.try_pop()) retired.reset();
  while (auto datagram = outbox_.datagrams.try_pop()) {
    stage_->handle_datagram(now, {.remote = datagram->remote,
                                  .bytes = std::span(datagram->bytes).first(datagram->size)});
  }
  while (auto report = outbox_.reports.try_pop()) stage_->handle_report(now, *report);
  while (auto levels = outbox_.levels.try_pop()) stage_->handle_levels(*levels);
}

void ShowWorld::clear_recordings() {
  programme_.clear();
  for (auto& [id, person] : people_) person.heard.clear();
}

void ShowWorld::trace(std::string_view text) {
  for (const char c : text) {
    trace_hash_ = (trace_hash_ ^ static_cast<unsigned char>(c)) * 0x100000001b3U;
  }
}

void ShowWorld::trace_samples(std::span<const float> samples) {
  for (const float sample : samples) {
    std::uint32_t bits = 0;
    std::memcpy(&bits, &sample, sizeof(bits));
    trace_hash_ = (trace_hash_ ^ bits) * 0x100000001b3U;
  }
}

}  // namespace shelcaster::sim
