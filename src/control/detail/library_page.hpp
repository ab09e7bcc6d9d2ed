#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "control/detail/core.hpp"
#include "control/detail/owners.hpp"

// Lists of what a library has, in pages, of which each is little work whoever owns how much.
namespace shelcaster::control::detail {

/// `?after=` and `?limit=` of a request; throws 422.
struct PageQuery {
  LibraryIndex::Place after;  // of nothing: from the first on
  std::size_t limit = 0;
  bool has_limit = false;
};
PageQuery page_query(const Call&);

/// `{…head…,"<name>":[…]}`, as it grows.
class LibraryPage {
 public:
  LibraryPage(std::string_view name, const PageQuery&, const boost::json::object& head = {});
  /// False when it has no room for one more: the next page begins with it.
  bool add(const LibraryIndex::Place&, const boost::json::value& view);
  [[nodiscard]] bool is_full() const { return count_ >= query_.limit; }
  [[nodiscard]] std::size_t room() const { return query_.limit - count_; }
  /// `has_more`: with a Link to the next page (RFC 8288), if there is one.
  Response response(const Call&, bool has_more) &&;

 private:
  const PageQuery query_;
  std::string body_;
  std::size_t count_ = 0;
  LibraryIndex::Place last_;
};

/// Asks at once for what the page is likely to have from there on. How many of what the asker may
/// see that is.
std::size_t fetch_ahead(Core&, const Identity&, store::Collection,
                        LibraryIndex::Entries::const_iterator from,
                        LibraryIndex::Entries::const_iterator end, std::size_t most);

/// What the asker may see of tracks or tracklists, in order of creation. `find`: one of the Core's.
template <typename Id, typename Thing, typename View>
Response library_page(Core& core, const Call& call, store::Collection collection,
                      std::string_view name, std::optional<Thing> (Core::*find)(const Id&),
                      View view) {
  const PageQuery query = page_query(call);
  LibraryPage page(name, query);
  const LibraryIndex::Entries& entries = core.library(collection).entries();
  std::size_t at_hand = 0;
  for (auto at = entries.upper_bound(query.after); at != entries.end(); ++at) {
    const auto& [place, entry] = *at;
    if (!may_see(call.who, entry.owner)) continue;
    if (page.is_full()) return std::move(page).response(call, true);
    if (at_hand == 0)
      at_hand = fetch_ahead(core, call.who, collection, at, entries.end(), page.room());
    --at_hand;
    const auto thing = (core.*find)(Id(place.id));
    // Another process may have removed it, or given it away, since.
    if (!thing || !may_see(call.who, thing->owner)) continue;
    if (!page.add(place, view(*thing))) return std::move(page).response(call, true);
  }
  return std::move(page).response(call, false);
}

}  // namespace shelcaster::control::detail
