#include "link/offers.hpp"

#include "link/detail/fields.hpp"

namespace shelcaster::link::detail {

json::object write(const MakeOffer& m) {
  return {{"requestId", m.request_id},
          {"sessionId", m.session_id},
          {"participantId", m.participant_id},
          {"microphone", m.has_microphone},
          {"return", m.has_return}};
}
void read(Reader& r, MakeOffer& m) {
  m = {r.text("requestId"), r.text("sessionId"), r.text_if_any("participantId"),
       r.boolean("microphone"), r.boolean("return")};
}

json::object write(const TakeAnswer& t) {
  return {{"requestId", t.request_id}, {"sessionId", t.session_id}, {"sdp", t.sdp}};
}
void read(Reader& r, TakeAnswer& t) {
  t = {r.text("requestId"), r.text("sessionId"), r.text("sdp")};
}

json::object write(const TakeCandidates& t) {
  return {{"sessionId", t.session_id}, {"fragment", t.fragment}};
}
void read(Reader& r, TakeCandidates& t) { t = {r.text("sessionId"), r.text("fragment")}; }

json::object write(const OfferMade& o) { return {{"requestId", o.request_id}, {"sdp", o.sdp}}; }
void read(Reader& r, OfferMade& o) { o = {r.text("requestId"), r.text("sdp")}; }

json::object write(const AnswerTaken& a) { return {{"requestId", a.request_id}}; }
void read(Reader& r, AnswerTaken& a) { a.request_id = r.text("requestId"); }

json::object write(const SessionClosed& s) { return {{"sessionId", s.session_id}}; }
void read(Reader& r, SessionClosed& s) { s.session_id = r.text("sessionId"); }

}  // namespace shelcaster::link::detail
