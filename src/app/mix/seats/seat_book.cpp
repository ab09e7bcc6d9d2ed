#include "app/mix/seats/seat_book.hpp"

#include <algorithm>
#include <memory>

#include "base/log.hpp"

namespace shelcaster::app {
namespace {

mixer::StripKind kind_of(const link::Seat& seat) {
  return seat.role == "HOST" ? mixer::StripKind::kHost : mixer::StripKind::kCaller;
}

/// As the engine has them.
mixer::StripControls strip_controls(const link::Seat& seat) {
  return {.gain = gain_of_volume(seat.controls.volume),
          .is_muted = seat.controls.is_muted,
          .pan = static_cast<float>(seat.controls.pan)};
}

}  // namespace

int SeatBook::find(std::string_view participant_id) const {
  for (int i = 0; i < kSeatsMax; ++i) {
    const Entry& entry = entries_[static_cast<std::size_t>(i)];
    if (entry.is_taken && entry.seat.participant_id == participant_id) return i;
  }
  return kNoSeat;
}

const std::string& SeatBook::participant_id(int seat) const {
  return entries_[static_cast<std::size_t>(seat)].seat.participant_id;
}

int SeatBook::free_seat() const {
  for (int i = 0; i < kSeatsMax; ++i) {
    if (!entries_[static_cast<std::size_t>(i)].is_taken) return i;
  }
  return kNoSeat;
}

std::vector<int> SeatBook::apply(const std::vector<link::Seat>& desired) {
  std::vector<int> closed;
  for (int i = 0; i < kSeatsMax; ++i) {
    Entry& entry = entries_[static_cast<std::size_t>(i)];
    if (!entry.is_taken) continue;
    const bool stays = std::ranges::any_of(desired, [&](const link::Seat& seat) {
      return seat.participant_id == entry.seat.participant_id;
    });
    if (stays) continue;
    sink_.mark_on_air(entry.seat.participant_id, false);
    entry = {};
    has_changed_ = true;
    sink_.to_floor(CloseSeat{i});
    closed.push_back(i);
  }
  for (const link::Seat& seat : desired) {
    if (const int at = find(seat.participant_id); at != kNoSeat) {
      change(at, seat);
    } else if (const int free = free_seat(); free != kNoSeat) {
      open(free, seat, /*keeps_strip=*/false);
    } else {
      base::log::warn("seats", "all {} seats are taken; one person stays without", kSeatsMax);
    }
  }
  return closed;
}

void SeatBook::open(int index, const link::Seat& seat, bool keeps_strip) {
  entries_[static_cast<std::size_t>(index)] = {
      .is_taken = true, .is_restored = false, .seat = seat};
  has_changed_ = true;
  sink_.to_floor(OpenSeat{index, kind_of(seat), std::make_unique<Seat>(settings_), keeps_strip});
  const mixer::StripId strip{index};
  command(mixer::SetStrip{strip, strip_controls(seat)});
  command(mixer::SetOnAir{strip, seat.is_on_air});
  sink_.mark_on_air(seat.participant_id, seat.is_on_air);
}

void SeatBook::change(int index, const link::Seat& seat) {
  if (entries_[static_cast<std::size_t>(index)].is_restored) {
    return open(index, seat, /*keeps_strip=*/true);
  }
  link::Seat& now = entries_[static_cast<std::size_t>(index)].seat;
  const mixer::StripId strip{index};
  if (now.controls != seat.controls) command(mixer::SetStrip{strip, strip_controls(seat)});
  if (now.is_on_air != seat.is_on_air) {
    command(mixer::SetOnAir{strip, seat.is_on_air});
    sink_.mark_on_air(seat.participant_id, seat.is_on_air);
  }
  now = seat;
}

boost::json::array SeatBook::memory() const {
  boost::json::array seats;
  for (int i = 0; i < kSeatsMax; ++i) {
    if (entries_[static_cast<std::size_t>(i)].is_taken) {
      seats.push_back({{"seat", i}, {"participantId", participant_id(i)}});
    }
  }
  return seats;
}

base::Result<void> SeatBook::restore(const boost::json::array& memory) try {
  for (const boost::json::value& value : memory) {
    const auto at = value.at("seat").to_number<std::size_t>();
    Entry& entry = entries_.at(at);
    entry.is_taken = entry.is_restored = true;
    entry.seat.participant_id = value.at("participantId").as_string();
  }
  return {};
} catch (const std::exception& error) {
  return base::fail(std::string("seats: ") + error.what());
}

void SeatBook::apply(const studio::AudioRouting& desired) {
  const bool is_first = !routing_;
  const studio::AudioRouting old = routing_.value_or(studio::AudioRouting{});
  if (is_first || old.host_volume != desired.host_volume) {
    command(mixer::SetBusGain{mixer::StripKind::kHost, gain_of_volume(desired.host_volume)});
  }
  if (is_first || old.callers_volume != desired.callers_volume) {
    command(mixer::SetBusGain{mixer::StripKind::kCaller, gain_of_volume(desired.callers_volume)});
  }
  if (is_first || old.tracklist_volume != desired.tracklist_volume) {
    command(mixer::SetBusGain{mixer::StripKind::kDeck, gain_of_volume(desired.tracklist_volume)});
  }
  if (is_first || old.master_volume != desired.master_volume) {
    command(mixer::SetMasterGain{gain_of_volume(desired.master_volume)});
  }
  command(mixer::SetCompressor{.enabled = desired.compression.is_enabled,
                               .threshold_db = static_cast<float>(desired.compression.threshold_db),
                               .ratio = static_cast<float>(desired.compression.ratio)});
  command(mixer::SetLimiter{.enabled = desired.limiter.is_enabled,
                            .ceiling_db = static_cast<float>(desired.limiter.ceiling_db)});
  routing_ = desired;
}

}  // namespace shelcaster::app
