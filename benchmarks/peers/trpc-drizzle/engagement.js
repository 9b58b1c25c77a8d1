// The engagement router as the specification sketches it: each mutation is one transaction.
import { initTRPC, TRPCError } from '@trpc/server';
import { and, eq, sql } from 'drizzle-orm';
import { z } from 'zod';
import { activityFeed, mediaFiles, outbox, playLogs, votes } from './schema.js';

const t = initTRPC.context().create();

const counters = {
  mediaFileId: mediaFiles.id,
  playCount: mediaFiles.playCount,
  downloadCount: mediaFiles.downloadCount,
  viewCount: mediaFiles.viewCount,
  upvotes: mediaFiles.upvotes,
  downvotes: mediaFiles.downvotes,
};

async function findMedia(tx, mediaFileId) {
  const [media] = await tx
    .select({ title: mediaFiles.title })
    .from(mediaFiles)
    .where(eq(mediaFiles.id, mediaFileId));
  if (!media) throw new TRPCError({ code: 'NOT_FOUND', message: 'Media file not found' });
  return media;
}

async function addActivity(tx, activityType, mediaFileId, mediaTitle, ipHash) {
  await tx.insert(activityFeed).values({ activityType, mediaFileId, mediaTitle, ipHash });
}

async function addEvent(tx, eventType, payload) {
  await tx.insert(outbox).values({ eventType, payload });
}

const recordPlay = t.procedure
  .input(z.object({
    mediaFileId: z.number().int().positive(),
    playDuration: z.number().int().nonnegative().optional(),
  }))
  .mutation(({ input, ctx }) => ctx.db.transaction(async (tx) => {
    const { mediaFileId, playDuration } = input;
    const media = await findMedia(tx, mediaFileId);
    await tx.insert(playLogs).values({ mediaFileId, ipHash: ctx.ipHash, playDuration });
    const [counts] = await tx
      .update(mediaFiles)
      .set({ playCount: sql`${mediaFiles.playCount} + 1` })
      .where(eq(mediaFiles.id, mediaFileId))
      .returning(counters);
    await addActivity(tx, 'play', mediaFileId, media.title, ctx.ipHash);
    await addEvent(tx, 'engagement.play.recorded', { mediaFileId, playDuration });
    return counts;
  }));

const vote = t.procedure
  .input(z.object({
    mediaFileId: z.number().int().positive(),
    voteType: z.enum(['up', 'down']),
  }))
  .mutation(({ input, ctx }) => ctx.db.transaction(async (tx) => {
    const { mediaFileId, voteType } = input;
    const media = await findMedia(tx, mediaFileId);
    const [previous] = await tx
      .select({ voteType: votes.voteType })
      .from(votes)
      .where(and(eq(votes.mediaFileId, mediaFileId), eq(votes.ipHash, ctx.ipHash)));
    await tx
      .insert(votes)
      .values({ mediaFileId, ipHash: ctx.ipHash, voteType })
      .onConflictDoUpdate({
        target: [votes.mediaFileId, votes.ipHash],
        set: { voteType, updatedAt: sql`now()` },
      });
    const ups = Number(voteType === 'up') - Number(previous?.voteType === 'up');
    const downs = Number(voteType === 'down') - Number(previous?.voteType === 'down');
    const [counts] = await tx
      .update(mediaFiles)
      .set({
        upvotes: sql`${mediaFiles.upvotes} + ${ups}`,
        downvotes: sql`${mediaFiles.downvotes} + ${downs}`,
      })
      .where(eq(mediaFiles.id, mediaFileId))
      .returning({ upvotes: mediaFiles.upvotes, downvotes: mediaFiles.downvotes });
    await addActivity(tx, 'vote', mediaFileId, media.title, ctx.ipHash);
    await addEvent(tx, 'engagement.vote.cast', { mediaFileId, voteType });
    return { mediaFileId, voteType, ...counts };
  }));

export const appRouter = t.router({ engagement: t.router({ recordPlay, vote }) });
