/**
 * The accounts that the suites of the SDKs act as, besides the region's own: one that pays for its requests, a RAM
 * user that may do everything and take on a role, which an account itself may not, and one for each suite's tests
 * of what a whole account has, which would be in the way of all others.
 *
 * @module
 */

import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { sendOssRequest } from '../support/oss-request.ts'
import type { Access } from '../support/oss-request.ts'

const PAYER = { uid: '1000000000000777', accessKeyId: 'payer', accessKeySecret: 'payer-secret' }
const USER = { accessKeyId: 'role-taker', accessKeySecret: 'role-taker-secret' }
const ROLE = 'sdk-tester'
const SUITES = ['oss2-v1', 'oss2-v4', 'go-sdk'] as const
/** The server looks at the file once a second. */
const READ_DELAY_MS = 2_500

/** For a suite that takes on the role with the access key by which it does all else. */
export const userEnvironment = {
  OSS_TEST_ACCESS_KEY_ID: USER.accessKeyId,
  OSS_TEST_ACCESS_KEY_SECRET: USER.accessKeySecret,
}

/** For tests of `suite` that set what their whole account has. */
export function apartEnvironment(suite: (typeof SUITES)[number]): Record<string, string> {
  const { accessKeyId, accessKeySecret } = apartKey(suite)
  return { OSS_TEST_ACCESS_KEY_ID: accessKeyId, OSS_TEST_ACCESS_KEY_SECRET: accessKeySecret }
}

/** Writes the server's accounts; returns the variables by which the suites know them. */
export async function giveAccounts(
  access: Access,
  dataFolder: string,
): Promise<Record<string, string>> {
  const { body } = await sendOssRequest(access, { method: 'GET' })
  const [, uid = ''] = /<ID>(\d+)<\/ID>/.exec(body.toString()) ?? []
  const role = `acs:ram::${uid}:role/${ROLE}`
  writeFileSync(join(dataFolder, 'accounts.json'), JSON.stringify(accountsOf(uid)))
  await sleep(READ_DELAY_MS)
  return {
    OSS_TEST_UID: uid,
    OSS_TEST_PAYER_UID: PAYER.uid,
    OSS_TEST_PAYER_ACCESS_KEY_ID: PAYER.accessKeyId,
    OSS_TEST_PAYER_ACCESS_KEY_SECRET: PAYER.accessKeySecret,
    OSS_TEST_STS_ID: USER.accessKeyId,
    OSS_TEST_STS_KEY: USER.accessKeySecret,
    OSS_TEST_STS_ARN: role,
    OSS_TEST_RAM_ROLE_ARN: role,
    OSS_TEST_RAM_UID: uid,
  }
}

function accountsOf(uid: string) {
  const { uid: payer, ...payerKey } = PAYER
  return {
    accounts: [
      {
        uid,
        users: [
          {
            ...{ name: 'role-taker', id: '3000000000000777', accessKeys: [USER] },
            policies: ['AliyunSTSAssumeRoleAccess', 'AliyunOSSFullAccess'],
          },
        ],
        roles: [
          {
            ...{ name: ROLE, id: '4000000000000777', trusted: [`acs:ram::${uid}:root`] },
            policies: ['AliyunOSSFullAccess'],
          },
        ],
      },
      { uid: payer, accessKeys: [payerKey] },
      ...SUITES.map((suite, at) => ({
        uid: `100000000000080${at}`,
        accessKeys: [apartKey(suite)],
      })),
    ],
  }
}

function apartKey(suite: string) {
  return { accessKeyId: `apart-${suite}`, accessKeySecret: `apart-${suite}-secret` }
}
