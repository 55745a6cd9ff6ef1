"use server";

import { userAction } from "@/lib/accounts";
import {
  addAccount,
  addRegion,
  editAccount,
  editRegion,
  removeAccount,
  removeRegion,
  setAccountStatus,
} from "./accounts";
import { catalogue, cloudPrice, typePrices } from "./catalogue";
import { checkAccount, regionsOfAccount } from "./check-account";
import { deleteKept } from "./delete-kept";
import { freezeImage } from "./freeze-image";
import {
  accountFields,
  accountIdInput,
  addRegionInput,
  editAccountInput,
  editRegionInput,
  freezeImageInput,
  priceInput,
  regionInput,
  resourceIdInput,
  setAccountStatusInput,
  typePricesInput,
} from "./schema";
import { listFindings, listFindingsInput, listResources, listResourcesInput } from "./views";

export const addAccountAction = userAction(accountFields, addAccount);
export const editAccountAction = userAction(editAccountInput, editAccount);
export const setAccountStatusAction = userAction(setAccountStatusInput, setAccountStatus);
export const removeAccountAction = userAction(accountIdInput, removeAccount);
export const checkAccountAction = userAction(accountIdInput, checkAccount);
export const regionsOfAccountAction = userAction(accountIdInput, regionsOfAccount);
export const addRegionAction = userAction(addRegionInput, addRegion);
export const editRegionAction = userAction(editRegionInput, editRegion);
export const removeRegionAction = userAction(regionInput, removeRegion);
export const catalogueAction = userAction(regionInput, catalogue);
export const cloudPriceAction = userAction(priceInput, cloudPrice);
export const typePricesAction = userAction(typePricesInput, typePrices);
export const freezeImageAction = userAction(freezeImageInput, freezeImage);
export const deleteResourceAction = userAction(resourceIdInput, deleteKept);
export const moreResourcesAction = userAction(listResourcesInput, listResources);
export const moreFindingsAction = userAction(listFindingsInput, listFindings);
