#include "app/mix/gate/address_book.hpp"

#include <algorithm>
#include <cstring>

#include "base/mix_bits.hpp"

namespace shelcaster::app {
namespace {

// A phone has a handful of addresses when it comes and, when it roams, another now and then.
constexpr base::Rate kNewClaims{.per_second = 1, .burst = 16};

/// Whose claim gives way first.
bool gives_way_before(const AddressBook::Claim& a, const AddressBook::Claim& b) {
  return a.is_proven != b.is_proven ? !a.is_proven : a.stamp < b.stamp;
}

}  // namespace

AddressBook::AddressBook(std::uint64_t seed) : seed_(seed), slots_(kSlots), lines_(kLines) {}

std::size_t AddressBook::home_of(const net::Endpoint& at) const noexcept {
  std::array<std::uint64_t, 2> words{};
  std::memcpy(words.data(), at.address_bytes().data(), sizeof words);
  std::uint64_t hash = base::mix_bits(seed_ ^ (std::uint64_t{at.port()} << 1U | at.is_v4()));
  for (const std::uint64_t word : words) hash = base::mix_bits(hash ^ word);
  return hash & (kSlots - 1);
}

std::size_t AddressBook::place_of(const net::Endpoint& at) const noexcept {
  std::size_t place = home_of(at);
  while (slots_[place].count > 0 && slots_[place].at != at) place = (place + 1) & (kSlots - 1);
  return place;
}

std::span<const AddressBook::Claim> AddressBook::claimants(const net::Endpoint& at) const noexcept {
  const Slot& slot = slots_[place_of(at)];
  return std::span(slot.claims).first(slot.count);
}

bool AddressBook::has(int line, const net::Endpoint& at) const noexcept {
  return std::ranges::any_of(claimants(at), [&](const Claim& c) { return c.line == line; });
}

bool AddressBook::claim(base::Instant now, int line, const net::Endpoint& at) noexcept {
  LineAddresses& own = lines_[static_cast<std::size_t>(line)];
  if (has(line, at) || !own.rate.take(now, kNewClaims)) return false;
  make_room_for_address(line);
  if (const auto there = claimants(at); there.size() == kClaimantsMax) {
    remove(std::ranges::min_element(there, gives_way_before)->line, at);
  }
  own.at[own.count++] = at;
  Slot& slot = slots_[place_of(at)];
  slot.at = at;
  slot.claims[slot.count++] = {.line = line, .is_proven = false, .stamp = ++clock_};
  return true;
}

void AddressBook::prove(int line, const net::Endpoint& at) noexcept {
  Slot& slot = slots_[place_of(at)];
  const auto end = slot.claims.begin() + static_cast<std::ptrdiff_t>(slot.count);
  const auto found =
      std::find_if(slot.claims.begin(), end, [&](const Claim& c) { return c.line == line; });
  if (found == end) return;
  found->is_proven = true;
  found->stamp = ++clock_;
  std::iter_swap(found, slot.claims.begin());
}

void AddressBook::forget(int line) noexcept {
  LineAddresses& own = lines_[static_cast<std::size_t>(line)];
  while (own.count > 0) remove(line, own.at[own.count - 1]);
  own = {};
}

void AddressBook::make_room_for_address(int line) noexcept {
  LineAddresses& own = lines_[static_cast<std::size_t>(line)];
  if (own.count < kAddressesPerLine) return;
  const auto claim_at = [&](const net::Endpoint& at) {
    const auto there = claimants(at);
    const auto mine = std::ranges::find(there, line, &Claim::line);
    return mine == there.end() ? Claim{} : *mine;
  };
  const auto first = std::ranges::min_element(own.at, gives_way_before, claim_at);
  remove(line, *first);
}

void AddressBook::remove(int line, net::Endpoint at) noexcept {
  LineAddresses& own = lines_[static_cast<std::size_t>(line)];
  const auto own_end = own.at.begin() + static_cast<std::ptrdiff_t>(own.count);
  if (const auto found = std::find(own.at.begin(), own_end, at); found != own_end) {
    std::move(found + 1, own_end, found);
    --own.count;
  }
  const std::size_t place = place_of(at);
  Slot& slot = slots_[place];
  const auto end = slot.claims.begin() + static_cast<std::ptrdiff_t>(slot.count);
  const auto claim =
      std::find_if(slot.claims.begin(), end, [&](const Claim& c) { return c.line == line; });
  if (claim == end) return;
  std::move(claim + 1, end, claim);
  if (--slot.count == 0) free_slot(place);
}

// Whoever stands further from home than the free place moves up, so that no search ends too early.
void AddressBook::free_slot(std::size_t place) noexcept {
  std::size_t free = place;
  for (std::size_t next = (free + 1) & (kSlots - 1); slots_[next].count > 0;
       next = (next + 1) & (kSlots - 1)) {
    const std::size_t from_home = (next - home_of(slots_[next].at)) & (kSlots - 1);
    const std::size_t from_free = (next - free) & (kSlots - 1);
    if (from_home < from_free) continue;
    slots_[free] = slots_[next];
    free = next;
  }
  slots_[free] = {};
}

}  // namespace shelcaster::app
