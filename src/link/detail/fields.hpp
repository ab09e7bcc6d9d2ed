#pragma once

#include "link/detail/reader.hpp"
#include "link/figures.hpp"
#include "link/offers.hpp"
#include "link/orders.hpp"
#include "link/reports.hpp"

// The fields of each message, written and read side by side: what a field is called stands here and
// nowhere else. `write` leaves the type out, which a message's own struct has.
namespace shelcaster::link::detail {

json::object write(const QueueItem&);
json::object write(const Desired&);
json::object write(const DesiredOutputs&);
json::object write(const Command&);
json::object write(const Offer&);
json::object write(const IceRestart&);
json::object write(const CloseSession&);
json::object write(const Watch&);
json::object write(const NewLog&);
json::object write(const Stop&);
void read(Reader&, QueueItem&);
void read(Reader&, Desired&);
void read(Reader&, DesiredOutputs&);
void read(Reader&, Command&);
void read(Reader&, Offer&);
void read(Reader&, IceRestart&);
void read(Reader&, CloseSession&);
void read(Reader&, Watch&);
void read(Reader&, NewLog&);
void read(Reader&, Stop&);

json::object write(const Hello&);
json::object write(const Ack&);
json::object write(const Answer&);
json::object write(const Refuse&);
json::object write(const SeatStats&);
json::object write(const SeatReport&);
json::object write(const Listens&);
json::object write(const Sessions&);
json::object write(const DeckReport&);
json::object write(const DeckItemEnded&);
json::object write(const DeadAirStarted&);
json::object write(const DeadAirEnded&);
json::object write(const Stopped&);
void read(Reader&, Hello&);
void read(Reader&, Ack&);
void read(Reader&, Answer&);
void read(Reader&, Refuse&);
void read(Reader&, SeatReport&);
void read(Reader&, Listens&);
void read(Reader&, Sessions&);
void read(Reader&, DeckReport&);
void read(Reader&, DeckItemEnded&);
void read(Reader&, DeadAirStarted&);
void read(Reader&, DeadAirEnded&);
void read(Reader&, Stopped&);

json::object write(const MakeOffer&);
json::object write(const TakeAnswer&);
json::object write(const TakeCandidates&);
json::object write(const OfferMade&);
json::object write(const AnswerTaken&);
json::object write(const SessionClosed&);
void read(Reader&, MakeOffer&);
void read(Reader&, TakeAnswer&);
void read(Reader&, TakeCandidates&);
void read(Reader&, OfferMade&);
void read(Reader&, AnswerTaken&);
void read(Reader&, SessionClosed&);

json::object write(const MixStatus&);
json::object write(const PublishStatus&);
json::object write(const Levels&);
json::object write(const Status&);
void read(Reader&, MixStatus&);
void read(Reader&, PublishStatus&);
void read(Reader&, Levels&);
void read(Reader&, Status&);

inline json::value text_or_null(const std::string& text) {
  return text.empty() ? json::value(nullptr) : json::value(text);
}
template <typename T>
json::value or_null(const std::optional<T>& value) {
  return value ? json::value(*value) : json::value(nullptr);
}
template <typename T>
void put(json::object& out, std::string_view name, const std::optional<T>& value) {
  if (value) out[name] = *value;
}

}  // namespace shelcaster::link::detail
