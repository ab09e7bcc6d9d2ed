#pragma once

#include <atomic>
#include <boost/json.hpp>
#include <deque>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <thread>

#include "app/mix/deck/deck_feeder.hpp"
#include "app/mix/floor/audio_loop.hpp"
#include "app/mix/stage.hpp"
#include "base/random.hpp"
#include "guest.hpp"
#include "link/messages.hpp"
#include "tape/checkpoint.hpp"
#include "tape/tape.hpp"

namespace shelcaster::realtime {

/// A mixer as `mix` runs it, with its threads and sockets, whose audio thread runs in the traps;
/// the caller's thread is its stage thread and everybody's browser. Its audio thread never ends, so
/// that one show must outlive the tests of its process.
class LiveShow final : private app::StageSink {
 public:
  LiveShow();
  ~LiveShow() override;

  void sit(const std::string& id, bool is_on_air);
  void stand_up(const std::string& id);
  void connect(const std::string& id);
  void set_on_air(const std::string& id, bool is_on_air);
  void play_deck();
  void command_deck(const std::string& command);
  /// `count` datagrams of noise, half of them looking like STUN, half like RTP.
  void send_garbage(int count);
  /// While it is, the stage thread takes nothing from its queues.
  void stall_stage(bool is_stalled) { is_stalled_ = is_stalled; }

  /// False if it didn't come to that in 10 s.
  bool run_until(const std::function<bool()>& is_so);
  void run_for(base::Duration length);

  [[nodiscard]] Guest& guest(const std::string& id) { return *guests_.at(id); }
  [[nodiscard]] const app::AudioLoopCounters& counters() const { return loop_->counters(); }
  [[nodiscard]] const app::GateCounters& gate() const { return floor_->gate_counters(); }
  [[nodiscard]] bool deck_plays() const { return deck_state_ == "PLAYING"; }
  [[nodiscard]] base::SampleTime tape_head() const { return tape_.head(); }

 private:
  void to_floor(app::FloorCommand&& command) override;
  void to_link(link::MixToKeeper message) override;
  void remember(std::string_view record) override {
    (void)checkpoint_.write_stage(base::as_bytes(record));
  }
  void transmit(const net::Transmit& datagram) override { stage_socket_.send(datagram); }
  void send_desired();
  void run_once();
  void drain_outbox(base::Instant now);
  void write_track();

  base::SeededRandom random_{1};
  std::unique_ptr<rtc::DtlsCertificate> certificate_;
  runtime::UdpSocket socket_;
  runtime::UdpSocket stage_socket_;
  tape::Tape tape_memory_;
  tape::TapeWriter tape_;
  tape::Checkpoint checkpoint_ = tape::Checkpoint::create().value();
  mixer::DeckFeed feed_;
  app::Playlist playlist_;
  app::FloorOutbox outbox_;
  base::SpscQueue<app::FloorCommand> commands_{512};
  std::deque<app::FloorCommand> pending_;
  std::unique_ptr<app::Floor> floor_;
  app::Stage stage_;
  base::UniqueFd wake_stage_;
  base::UniqueFd wake_feeder_;
  std::unique_ptr<app::AudioLoop> loop_;
  std::atomic<bool> is_over_{false};
  std::atomic<bool> has_left_{false};
  std::thread feeder_;

  std::filesystem::path track_;
  link::Desired desired_;
  std::map<std::string, std::unique_ptr<Guest>> guests_;
  std::map<std::string, std::string> answers_;  // by request id
  std::string deck_state_;
  int requests_ = 0;
  bool is_stalled_ = false;
};

}  // namespace shelcaster::realtime
