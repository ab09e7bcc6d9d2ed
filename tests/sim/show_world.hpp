#pragma once

#include <boost/json.hpp>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "app/mix/deck/deck_feeder.hpp"
#include "app/mix/floor/floor.hpp"
#include "app/mix/stage.hpp"
#include "base/random.hpp"
#include "impaired_network.hpp"
#include "invariants.hpp"
#include "link/messages.hpp"
#include "person.hpp"
#include "tape/checkpoint.hpp"
#include "tape/tape.hpp"

namespace shelcaster::sim {

/// Ways to break the world behind the invariants' back, for the tests that show that they notice.
enum class Sabotage {
  kNone,
  kDeafMixer,      // media of the person never reach the mixer
  kForgottenKick,  // the control plane says "kicked" and leaves the seat
  kWrongFader,     // the desk gets half of every volume
  kClick,          // one sample of the programme is off
  kNotANumber,
  kAllocation,           // the audio thread allocates
  kTornTape,             // the tape has another block
  kPhantoms,             // offers come all the time and are never taken up
  kForgottenCheckpoint,  // a new mixer finds nothing of the one before
  kBelievedTornRecord,   // … or takes a record for whole that was being written
  kLostPackets,          // a new mixer finds an empty socket and no journal
  kLateDeck,             // a new mixer doesn't wait for its deck's feeder
};

/// Who joins.
struct Guest {
  double tone_hz = 400;
  bool is_host = false;
  bool is_on_air = true;
  int drift_ppm = 0;
  bool uses_dtx = true;
  /// On a stage elsewhere: the mixer makes the offer.
  bool is_called = false;
};

/// A keeper, which gives the mixer its orders in place of this world's own desk.
class MixerKeeper {
 public:
  virtual ~MixerKeeper() = default;
  /// Without one no mixer is started.
  [[nodiscard]] virtual bool is_up() const = 0;
  /// A mixer has started, and waits for all that it needs to be given by give().
  virtual void handle_mixer_started() = 0;
  /// As it is written on the link.
  virtual void handle_mixer_message(const boost::json::object& frame) = 0;
};

/// One show on a virtual clock: the mixer's stage, floor and deck feeder as they run in production,
/// without their threads and sockets, and people on a seeded network. The same seed and the same
/// calls give the same show. Everything that is asked of it is told to the invariants, which are
/// checked in every tick.
class ShowWorld final : private app::StageSink {
 public:
  /// `tape_seconds`: as long as somebody reads behind.
  explicit ShowWorld(std::uint64_t seed, int tape_seconds = 2);
  ~ShowWorld() override;
  ShowWorld(const ShowWorld&) = delete;
  ShowWorld& operator=(const ShowWorld&) = delete;

  // People; they are numbered from 0 in the order of their first joining.
  std::size_t join(const std::string& id, const Guest& guest);
  void talk(std::size_t person, bool talks);
  void refresh(std::size_t person);
  /// The lid is shut: not a word to the server.
  void leave_silently(std::size_t person);
  void hang_up(std::size_t person);
  void come_back(std::size_t person) { open_page(of(person)); }
  /// The client goes on from another address. A page that notices (`restarts`) asks for an ICE
  /// restart; behind a NAT that forgot, nobody notices until consent is renewed.
  void roam(std::size_t person, bool restarts);
  void step_clock(std::size_t person, base::Duration by);
  void set_path(std::size_t person, const LinkConditions& up, const LinkConditions& down);
  void say(std::size_t person, double tone_hz) { of(person).client->say(tone_hz); }

  // The desk.
  void set_on_air(std::size_t person, bool is_on_air);
  void set_muted(std::size_t person, bool is_muted);
  void set_volume(std::size_t person, int volume);
  void set_callers_volume(int volume);
  /// Their page then tries to come back, and `keeps_sending` on the old session.
  void kick(std::size_t person, bool keeps_sending);
  void deck(const std::string& command, std::optional<std::int64_t> position_ms = {});

  /// The mixer's process dies between two ticks, and another one goes on `down` later: with the
  /// packets that came meanwhile, the ticks that were left out, and what the checkpoint holds.
  void crash_mixer(base::Duration down);

  /// Before anybody has joined. From now on seats and deck are what it gives, the methods of the
  /// desk are not to be called, and only who has a seat may join.
  void set_keeper(MixerKeeper& keeper);
  /// False: no mixer runs.
  bool give(const link::KeeperToMix& message);
  /// The mixer dies together with what was held for it: tape, checkpoint, socket. When `is_ready`
  /// says so, a mixer begins with an empty tape, and those who were in come back.
  void crash_everything(const std::function<bool()>& is_ready);
  [[nodiscard]] bool is_mixer_down() const { return is_mixer_down_; }
  /// The wall's clock is put on by so much; nothing but the next tape takes notice.
  void step_wall(base::Duration by) { wall_step_ += by; }
  [[nodiscard]] base::WallTime wall() const;

  /// It dies in the next tick, whose block is on the tape: in the middle of its sound record
  /// (`share` of it is there), or, the record being whole, when that share of the returns is sent.
  void crash_mixer_in_tick(bool in_record, double share, base::Duration down);
  /// It dies in the middle of its next stage record, and does nothing of what it would have done
  /// after it. With a keeper, which gives again what was not acknowledged.
  void crash_mixer_in_stage_record(double share, base::Duration down);

  void run(base::Duration length);
  /// After each tick, also while there is no mixer: the show's other processes.
  void set_each_tick(std::function<void(base::Instant)> each_tick) {
    each_tick_ = std::move(each_tick);
  }
  [[nodiscard]] int tape_fd() const { return tape_memory_->fd(); }
  [[nodiscard]] base::SampleTime tape_head() const { return tape_reader_->head(); }
  void expect(bool holds, const std::string& what) { invariants_.expect(holds, now_, what); }

  [[nodiscard]] std::size_t people() const { return people_.size(); }
  [[nodiscard]] const std::string& id(std::size_t person) const { return of(person).id; }
  // As the mixer was last told.
  [[nodiscard]] bool is_on_air(std::size_t person) const { return of(person).is_on_air; }
  [[nodiscard]] int volume(std::size_t person) const { return of(person).volume; }
  [[nodiscard]] int callers_volume() const { return callers_volume_; }
  /// As the mixer last told.
  [[nodiscard]] const std::string& deck_item() const { return deck_item_; }
  [[nodiscard]] const std::string& deck_state() const { return deck_state_; }
  /// It plays, or will, because of dead air and not because somebody wants it to.
  [[nodiscard]] bool is_in_fallback() const { return is_in_fallback_; }
  [[nodiscard]] std::int64_t deck_position_ms() const { return deck_position_ms_; }
  [[nodiscard]] bool is_kicked(std::size_t person) const { return !of(person).is_seated; }
  [[nodiscard]] bool is_in(std::size_t person) const { return of(person).wants_in; }
  [[nodiscard]] bool is_connected(std::size_t person) const {
    return of(person).client->is_connected();
  }
  [[nodiscard]] std::size_t session_count() const { return mixer_->stage->session_count(); }
  /// The newest of the tape, interleaved stereo.
  [[nodiscard]] std::vector<float> programme(base::Duration length) const;
  [[nodiscard]] const Invariants& invariants() const { return invariants_; }
  [[nodiscard]] base::Instant now() const { return now_; }
  /// Over every event and every sample of the programme.
  [[nodiscard]] std::uint64_t trace_hash() const { return trace_hash_; }

  void sabotage(Sabotage how, std::size_t person = 0) {
    sabotage_ = how;
    sabotaged_ = person;
  }
  /// Past the invariants, which go on expecting what they did.
  ImpairedNetwork& network_unseen() { return network_; }

 private:
  struct Participant {
    std::string id;
    bool is_host = false;
    bool is_called = false;
    std::unique_ptr<Person> client;
    std::size_t source = 0;  // of the invariants
    int path = 0;            // of the network

    bool is_seated = true;  // false after a kick
    bool is_on_air = false;
    bool is_muted = false;
    int volume = 100;

    bool wants_in = false;
    std::string session_id;
    base::Instant reopen_at = base::Instant::never();
    std::deque<base::Instant> offered_at;
    bool is_path_good = true;
    base::Instant good_since = base::Instant::never();
    base::Instant moved_at;
    base::Instant disturbed_at;
    std::uint64_t packets_heard = 0;
  };

  // StageSink
  void to_floor(app::FloorCommand&& command) override;
  void to_link(link::MixToKeeper message) override;
  void transmit(const net::Transmit& datagram) override;
  void remember(std::string_view record) override;

  [[nodiscard]] Participant& of(std::size_t person) { return *people_[person]; }
  [[nodiscard]] const Participant& of(std::size_t person) const { return *people_[person]; }
  void open_page(Participant& person);
  /// Whether they are in: false when they were refused.
  bool connect(Participant& person);
  bool call(Participant& person);
  void close_page(Participant& person);
  std::optional<std::string> ask(const std::string& request_id, const link::KeeperToMix& request);
  void send_desired();
  void fill_queue();
  void tell_gate(const Participant& person);
  net::Endpoint new_address();
  void offer_phantom();

  void start_mixer();
  void begin_programme();
  void take_desired(const link::Desired& desired);
  void note_deck(const link::DeckReport& deck);
  void note_fallback(bool has_begun);
  void await_feeder();
  void take_over(base::Instant died_at);
  void reopen_lost_pages();
  void receive(const ImpairedNetwork::Arrival& arrival);
  void step_until(base::Instant until);
  void deliver(ImpairedNetwork::Arrival& arrival);
  void tick();
  void check_programme(base::Instant at, base::SampleTime written);
  void feed_deck();
  void drain_outbox();
  void look_after_people();
  void check_each_second();
  void note_health(Participant& person);
  void note_speech(const Participant& person);
  void note_seat(const link::SeatReport& seat);
  [[nodiscard]] std::size_t sessions_allowed() const;

  void trace(std::string_view text);
  void trace_samples(std::span<const float> samples);

  base::SeededRandom random_;
  base::Instant now_;
  ImpairedNetwork network_;
  Invariants invariants_;
  std::size_t deck_source_ = 0;

  int tape_seconds_;
  std::optional<tape::Tape> tape_memory_;
  std::optional<tape::TapeWriter> tape_writer_;
  std::optional<tape::TapeReader> tape_reader_;
  std::optional<tape::Checkpoint> checkpoint_;
  base::Instant next_feed_at_;
  /// What dies with the mixer's process.
  struct Mixer {
    mixer::DeckFeed feed;
    app::Playlist playlist;
    app::DeckFeeder feeder{feed, playlist};
    app::FloorOutbox outbox;
    std::unique_ptr<app::Floor> floor;
    std::unique_ptr<app::Stage> stage;
  };
  std::unique_ptr<Mixer> mixer_;
  std::function<void(base::Instant)> each_tick_ = [](base::Instant) {};
  bool is_mixer_down_ = false;
  bool has_no_socket_ = false;
  /// Its next stage record is its last; what a mixer that died in it still says is not heard.
  std::optional<double> last_record_share_;
  base::Duration down_after_record_{};
  bool is_dead_in_record_ = false;
  MixerKeeper* keeper_ = nullptr;
  base::Instant epoch_;  // of the tape
  base::Duration wall_step_{};
  std::int64_t desired_taken_ = -1;
  std::vector<ImpairedNetwork::Arrival> waiting_;  // in the socket, while it is down
  link::Desired desired_;                          // the last one, which the keeper holds
  std::string deck_item_;
  std::int64_t deck_position_ms_ = 0;
  std::string deck_state_ = "STOPPED";
  base::Instant deck_ramps_until_;
  bool is_in_fallback_ = false;
  /// By request id; nothing: refused.
  std::map<std::string, std::optional<std::string>> answers_;

  std::vector<std::unique_ptr<Participant>> people_;
  int callers_volume_ = 80;
  std::int64_t desired_version_ = 0;
  /// What has been played leaves it, and others are put at its end.
  std::deque<std::string> queue_;
  int items_queued_ = 0;
  bool has_queue_moved_ = false;
  int numbers_given_ = 0;
  base::SampleTime next_;
  std::int64_t ticks_ = 0;
  std::int64_t floor_allocations_ = 0;
  std::uint64_t trace_hash_ = 0xcbf29ce484222325U;
  Sabotage sabotage_ = Sabotage::kNone;
  std::size_t sabotaged_ = 0;
};

}  // namespace shelcaster::sim
