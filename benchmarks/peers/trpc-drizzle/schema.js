// The tables of the specification in drizzle's terms; `../schema.sql` creates them.
import {
  bigserial, integer, jsonb, pgEnum, pgTable, serial, text, timestamp, varchar,
} from 'drizzle-orm/pg-core';

export const voteTypeEnum = pgEnum('vote_type', ['up', 'down']);

export const activityTypeEnum = pgEnum('activity_type', [
  'play', 'download', 'view', 'upload', 'comment', 'vote',
]);

export const mediaFiles = pgTable('media_files', {
  id: serial('id').primaryKey(),
  title: varchar('title', { length: 255 }).notNull(),
  playCount: integer('play_count').default(0).notNull(),
  downloadCount: integer('download_count').default(0).notNull(),
  viewCount: integer('view_count').default(0).notNull(),
  upvotes: integer('upvotes').default(0).notNull(),
  downvotes: integer('downvotes').default(0).notNull(),
  hotnessScore: integer('hotness_score').default(0).notNull(),
  lastHotnessUpdate: timestamp('last_hotness_update'),
});

export const votes = pgTable('votes', {
  id: serial('id').primaryKey(),
  mediaFileId: integer('media_file_id').notNull(),
  ipHash: varchar('ip_hash', { length: 64 }).notNull(),
  sessionId: varchar('session_id', { length: 64 }),
  voteType: voteTypeEnum('vote_type').notNull(),
  createdAt: timestamp('createdAt').defaultNow().notNull(),
  updatedAt: timestamp('updatedAt').defaultNow().notNull(),
});

export const playLogs = pgTable('play_logs', {
  id: serial('id').primaryKey(),
  mediaFileId: integer('media_file_id').notNull(),
  ipHash: varchar('ip_hash', { length: 64 }).notNull(),
  sessionId: varchar('session_id', { length: 64 }),
  playDuration: integer('play_duration'),
  completedAt: timestamp('completedAt').defaultNow().notNull(),
});

export const activityFeed = pgTable('activity_feed', {
  id: serial('id').primaryKey(),
  activityType: activityTypeEnum('activity_type').notNull(),
  mediaFileId: integer('media_file_id'),
  mediaTitle: varchar('media_title', { length: 255 }),
  ipHash: varchar('ip_hash', { length: 64 }),
  location: varchar('location', { length: 100 }),
  metadata: text('metadata'),
  createdAt: timestamp('createdAt').defaultNow().notNull(),
});

export const outbox = pgTable('outbox', {
  id: bigserial('id', { mode: 'number' }).primaryKey(),
  eventType: varchar('event_type', { length: 64 }).notNull(),
  payload: jsonb('payload').notNull(),
  createdAt: timestamp('created_at').defaultNow().notNull(),
});
