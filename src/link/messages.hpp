#pragma once

#include <boost/json/object.hpp>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <type_traits>
#include <variant>
#include <vector>

#include "base/result.hpp"
#include "link/figures.hpp"
#include "link/offers.hpp"
#include "link/orders.hpp"
#include "link/reports.hpp"

// The messages of the links as types, for both ends: a variant for each direction. This module
// alone knows what a message and its fields are called on the wire. A type and a field that a
// reader doesn't know it leaves out, and a field that came later than others has a default, so that
// the two ends may be of different versions. Errors name the message and the field.
namespace shelcaster::link {

using ServeToKeeper = std::variant<Desired, Command, Offer, IceRestart, CloseSession, Watch, Stop>;
using KeeperToMix = std::variant<Desired, Command, Offer, IceRestart, CloseSession, MakeOffer,
                                 TakeAnswer, TakeCandidates, Watch, NewLog, Stop>;
using KeeperToPublish = std::variant<DesiredOutputs, NewLog, Stop>;
using MixToKeeper = std::variant<MixStatus, Levels, Answer, Refuse, SeatReport, Listens, Sessions,
                                 OfferMade, AnswerTaken, SessionClosed, DeckReport, DeckItemEnded,
                                 DeadAirStarted, DeadAirEnded, Ack>;
using PublishToKeeper = std::variant<PublishStatus>;
using KeeperToServe =
    std::variant<Hello, Status, Stopped, Levels, Answer, Refuse, SeatReport, Listens, Sessions,
                 DeckReport, DeckItemEnded, DeadAirStarted, DeadAirEnded, Ack>;

/// Of every message, and of what messages have in them.
template <typename Message>
boost::json::object to_json(const Message&);

/// Nothing if the direction has no message of this type. `unknown`: gets the names of types and
/// fields that were left out.
template <typename Direction>
base::Result<std::optional<Direction>> parse(const boost::json::object& message,
                                             std::vector<std::string>* unknown = nullptr);

/// A message, or a part of one, that stands somewhere else than on a link: in a note, a store or a
/// checkpoint. Whatever its type is called there.
template <typename Message>
base::Result<Message> parse_kept(const boost::json::object&);

/// The "type" of a message; empty when it has none.
std::string_view type_of(const boost::json::object&);

/// Whether a message is one of a variant's, by its type alone: for whoever hands it on unread.
template <typename Messages>
bool is_one_of(const boost::json::object& message) {
  return [type = type_of(message)]<typename... Each>(std::type_identity<std::variant<Each...>>) {
    return ((type == Each::kType) || ...);
  }(std::type_identity<Messages>());
}

/// One end of a link: reads what comes in a direction, and says in the log what it can't use; of
/// what it doesn't know it says so once.
template <typename Direction>
class Inbox {
 public:
  /// `log_module`: as in the log. `from`: who is at the other end.
  Inbox(std::string_view log_module, std::string_view from) : module_(log_module), from_(from) {}
  /// Nothing: it is left out.
  std::optional<Direction> take(const boost::json::object& message);

 private:
  std::string module_;
  std::string from_;
  std::set<std::string> told_;
};

}  // namespace shelcaster::link
