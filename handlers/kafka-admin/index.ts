import type { Context } from 'aws-lambda';
import { systemClock } from '../shared/clock';
import { Patience } from '../shared/patience';
import { changeAcls } from './acls';
import { Brokers } from './brokers';
import { explained, isPassing } from './kafka-errors';
import { rebalance } from './reassignment';
import type { AdminAnswer, AdminRequest, Done } from './request';
import { ensureTopic, removeTopic } from './topic';
import type { Attempts } from './topic';

/** Kept back from the time that is left, for an attempt that meets silence and for the answer. */
const ANSWER_MS = 40_000;

/** A policy takes its time to get to the brokers, and a broker to come back. */
const PATIENCE_MS = 120_000;

/** Runs inside the VPC and reaches nothing but the brokers: it answers to whoever has asked. */
export async function handler(request: AdminRequest, context: Context): Promise<AdminAnswer> {
  const patience = new Patience(systemClock, Math.min(PATIENCE_MS, context.getRemainingTimeInMillis() - ANSWER_MS));
  const attempts: Attempts = { asked: false };
  try {
    return { done: await patience.call(() => attempt(request, attempts), isPassing) };
  } catch (error) {
    const failure = explained(error as Error);
    console.log(JSON.stringify({ work: request.work, failure }));
    return { failure };
  }
}

/** Each attempt has connections of its own: those of a broker that was lost are of no use. */
async function attempt(request: AdminRequest, attempts: Attempts): Promise<Done> {
  const brokers = new Brokers(request.brokers, process.env);
  try {
    switch (request.work) {
      case 'ensure-topic':
        return await ensureTopic(brokers, request.topic, attempts, systemClock);
      case 'remove-topic':
        return await removeTopic(brokers, request.topicName, systemClock);
      case 'rebalance': {
        const done = await rebalance(brokers, request.partitionsAtOnce);
        console.log(JSON.stringify({ work: request.work, ...done }));
        return done;
      }
      case 'change-acls':
        return await changeAcls(brokers, request.create, request.remove);
    }
  } finally {
    await brokers.close();
  }
}
