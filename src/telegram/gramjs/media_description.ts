import { Api } from 'telegram/tl/index.js';
import type { MediaDescription } from '../message.js';
import { snakeCase } from './class_names.js';

/** What hangs on a message, in words; null: nothing does. */
export function describeMedia(media: Api.TypeMessageMedia | undefined): MediaDescription | null {
  if (!media || media instanceof Api.MessageMediaEmpty) return null;
  const kind = snakeCase(media.className, 'MessageMedia');
  if (media instanceof Api.MessageMediaDocument) return { kind, ...ofDocument(media.document) };
  if (media instanceof Api.MessageMediaWebPage) return { kind, ...ofWebPage(media.webpage) };
  if (media instanceof Api.MessageMediaPoll) return { kind, ...ofPoll(media) };
  if (media instanceof Api.MessageMediaContact) {
    const { phoneNumber, firstName, lastName } = media;
    return { kind, phone_number: phoneNumber, first_name: firstName, last_name: lastName };
  }
  if (media instanceof Api.MessageMediaGeo || media instanceof Api.MessageMediaGeoLive) {
    return { kind, ...ofPlace(media.geo) };
  }
  if (media instanceof Api.MessageMediaVenue) {
    const { title, address, geo } = media;
    return { kind, title, address, ...ofPlace(geo) };
  }
  if (media instanceof Api.MessageMediaDice) return { kind, emoji: media.emoticon, value: media.value };
  return { kind };
}

type Facts = Omit<MediaDescription, 'kind'>;

function ofDocument(document: Api.TypeDocument | undefined): Facts {
  if (!(document instanceof Api.Document)) return {};
  const facts: Record<string, string | number | boolean> = {};
  for (const attribute of document.attributes) {
    if (attribute instanceof Api.DocumentAttributeVideo) {
      Object.assign(facts, { width: attribute.w, height: attribute.h, duration_seconds: attribute.duration });
    }
    if (attribute instanceof Api.DocumentAttributeImageSize) {
      Object.assign(facts, { width: attribute.w, height: attribute.h });
    }
    if (attribute instanceof Api.DocumentAttributeAudio) {
      const { duration, voice = false, title = '', performer = '' } = attribute;
      Object.assign(facts, { duration_seconds: duration, voice, title, performer });
    }
    if (attribute instanceof Api.DocumentAttributeSticker) facts.sticker = attribute.alt;
    if (attribute instanceof Api.DocumentAttributeAnimated) facts.animated = true;
  }
  return facts;
}

function ofWebPage(page: Api.TypeWebPage): Facts {
  if (!(page instanceof Api.WebPage)) return {};
  const { url, siteName, title, description } = page;
  return {
    ...{ url, site_name: siteName ?? null, title: title ?? null, description: description ?? null },
  };
}

function ofPoll({ poll, results }: Api.MessageMediaPoll): Facts {
  return {
    question: textOf(poll.question),
    answers: poll.answers.map(({ text }) => textOf(text)),
    voters: results.totalVoters ?? null,
    closed: poll.closed === true,
  };
}

function textOf(text: string | Api.TypeTextWithEntities): string {
  return typeof text === 'string' ? text : text.text;
}

function ofPlace(geo: Api.TypeGeoPoint): Facts {
  return geo instanceof Api.GeoPoint ? { latitude: geo.lat, longitude: geo.long } : {};
}
