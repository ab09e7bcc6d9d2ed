#pragma once

#include <boost/json.hpp>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "app/mix/floor.hpp"
#include "app/mix/stage.hpp"
#include "audio/tone.hpp"
#include "base/random.hpp"
#include "link/messages.hpp"
#include "rtc/peer/lossy_wire_for_tests.hpp"
#include "rtc/peer/peer.hpp"
#include "tape/tape.hpp"

namespace shelcaster::sim {

/// Someone with a browser: one WebRTC client that says a tone and listens to its return.
struct Person {
  std::string id;
  double tone_hz = 0;
  bool is_on_air = false;
  bool is_present = true;  // false after a kick

  std::unique_ptr<rtc::Peer> peer;
  std::size_t wire_end = 0;
  net::Endpoint address;
  std::string session_id;
  std::optional<audio::Tone> voice;
  bool is_second_half = false;
  std::vector<float> pcm;    // 20 ms of mono, gathered
  std::vector<float> heard;  // stereo, since the last clear
};

/// One show on a virtual clock: the mixer's stage and floor as they run in production, without
/// their threads and sockets, and people on a seeded network. The same seed gives the same show.
class ShowWorld final : private app::StageSink {
 public:
  ShowWorld(std::uint64_t seed, rtc::WireConditions conditions);
  ~ShowWorld() override;

  Person& join(const std::string& id, double tone_hz, bool is_on_air);
  void set_on_air(const std::string& id, bool is_on_air);
  /// The page is loaded anew: the old client is gone without a word, a new one offers with the same
  /// token.
  void refresh(const std::string& id);
  void kick(const std::string& id);

  void run(base::Duration length);

  rtc::WireConditions& conditions() { return wire_.conditions(); }
  base::SeededRandom& random() { return random_; }
  std::map<std::string, Person>& people() { return people_; }
  std::vector<float>& programme() { return programme_; }  // stereo, since the last clear
  [[nodiscard]] const tape::TapeReader& tape() const { return *tape_reader_; }
  [[nodiscard]] base::SampleTime next_block() const { return next_; }
  [[nodiscard]] std::size_t session_count() const { return stage_->session_count(); }
  /// Over every event and every sample of the programme.
  [[nodiscard]] std::uint64_t trace_hash() const { return trace_hash_; }
  void clear_recordings();
  /// How often the floor, which is the audio thread's, has allocated while it ticked or took
  /// packets. Always 0 under sanitizers, which need malloc for themselves.
  [[nodiscard]] std::int64_t floor_allocations() const { return floor_allocations_; }

  /// For the canary: a floor that goes deaf for one person.
  void break_microphone_of(const std::string& id) { deaf_to_ = id; }

 private:
  void to_floor(app::FloorCommand&& command) override;
  void to_link(boost::json::object message) override;
  void transmit(const net::Transmit& datagram) override;

  void send_desired();
  void offer(Person& person);
  void tick();
  void drain_outbox(base::Instant now);
  void add_server_end();
  std::size_t add_person_end(Person& person);
  void trace(std::string_view text);
  void trace_samples(std::span<const float> samples);

  base::SeededRandom random_;
  rtc::LossyWire wire_;
  std::optional<tape::Tape> tape_memory_;
  std::optional<tape::TapeWriter> tape_writer_;
  std::optional<tape::TapeReader> tape_reader_;
  mixer::DeckFeed feed_;
  app::Playlist playlist_;
  app::FloorOutbox outbox_;
  std::unique_ptr<app::Floor> floor_;
  std::unique_ptr<app::Stage> stage_;
  std::vector<std::pair<net::Endpoint, base::Bytes>> outgoing_;
  std::map<std::string, boost::json::object> answers_;  // by request id

  std::map<std::string, Person> people_;
  std::int64_t desired_version_ = 0;
  int sessions_made_ = 0;
  std::uint16_t next_port_ = 40'000;
  base::SampleTime next_;
  std::vector<float> programme_;
  std::string deaf_to_;
  std::uint64_t trace_hash_ = 0xcbf29ce484222325U;
  std::int64_t floor_allocations_ = 0;
};

}  // namespace shelcaster::sim
